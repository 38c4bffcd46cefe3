/** Which passwords somebody may choose, wherever they choose one. */
import { err, ok, type Result } from '../../domain/result.ts';
import { refuse } from '../http/answer.ts';
import { isCommonPassword } from '../../domain/common-passwords.ts';
import { isPassword, passwordLength } from './passwords.ts';

/**
 * The password where somebody may have it, or why nobody may.
 *
 * @param own names that it must not be made of: the person's, the node's
 */
export function acceptable(password: unknown, own: readonly string[]): Result<string, Response> {
  if (!isPassword(password))
    return err(refuse(400, 'weak-password', `A password has at least ${String(passwordLength.least)} characters.`));
  return isCommonPassword(password, own)
    ? err(refuse(400, 'weak-password', 'This password is made of what everybody tries first. Take a sentence that only you would say.'))
    : ok(password);
}
