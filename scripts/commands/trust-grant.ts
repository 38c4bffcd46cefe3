import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { End, Grant, ProgrammeName, Right, TrustBody } from '../../src/lib/certification/trust.ts';
import { readPassphrase, readRootKey } from '../root-key.ts';
import { UsageError, type Command } from './command.ts';

const day = 24 * 60 * 60 * 1000;
const rights: readonly string[] = ['issue', 'observe', 'proctor', 'witness'];
const whys: readonly string[] = ['retired', 'rotated', 'compromised', 'revoked'];

export const trustGrant: Command = {
  name: 'trust grant',
  summary: 'write a list of trust: recognise a centre or a master trainer, or end a key',
  usage: `
Usage: perigee trust grant LIST --root FILE --to KEY --as NAME --right RIGHT … [options]
       perigee trust grant LIST --root FILE --end KEY --why WHY [--at TIME] [--successor KEY]
       perigee trust grant LIST --root FILE

Adds one statement to the list in the file LIST, signs it with the root key in FILE under the next number, and writes it back; the first time LIST is made, with --name.
Without a statement the list is signed anew for another year. «perigee trust publish LIST» puts it into what a node publishes.

  --name NAME        of the Space Information and Training Centre; for a new list
  --to KEY           did:key of a centre (shown on /centre) or of a person's device
  --as NAME          what the centre or the person is called
  --country CODE     two capitals
  --right RIGHT      issue, observe, proctor or witness; may be given more than once
  --programme ID     a programme; may be given more than once; all of them where none is named
  --until TIME       2029-12-31T00:00:00Z; three years from now
  --why WHY          retired, rotated, compromised or revoked
  --at TIME          from when the key has ended; now
  --programmes FILE  names of programmes, as a node gives them out at /content/programmes

The passphrase comes from PERIGEE_ROOT_PASSPHRASE or the standard input. Exit code: 0 done, 1 refused, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ root: { type: 'string' }, name: { type: 'string' }, to: { type: 'string' }, as: { type: 'string' } },
        ...{ country: { type: 'string' }, right: { type: 'string', multiple: true }, programme: { type: 'string', multiple: true } },
        ...{ until: { type: 'string' }, end: { type: 'string' }, why: { type: 'string' }, at: { type: 'string' } },
        ...{ successor: { type: 'string' }, programmes: { type: 'string' } },
      },
    } as const);
    const [file, ...more] = positionals;
    const { root } = values;
    if (file === undefined || more.length > 0 || root === undefined) throw new UsageError('Name the list, and the root key with --root.');
    const [
      { isDid },
      { momentOf },
      { signBody },
      { openTrust },
      { parseTrustSet },
      { nodeTools },
      { issuerBy },
      { instantOf },
      { isSlug },
      { isObject, isRecordOf, isString },
    ] = await Promise.all([
      import('../../src/lib/certification/keys.ts'),
      import('../../src/lib/certification/moment.ts'),
      import('../../src/lib/certification/signed.ts'),
      import('../../src/lib/certification/trust.ts'),
      import('../../src/lib/certification/trust-set.ts'),
      import('../../src/lib/server/trust/tools.ts'),
      import('../../src/lib/server/certification/issuer-key.ts'),
      import('../../src/lib/domain/clock.ts'),
      import('../../src/lib/domain/ids.ts'),
      import('../../src/lib/domain/shape.ts'),
    ]);
    const now = Date.now();
    const momentIn = (text: string | undefined, otherwise: number) => {
      const moment = text === undefined ? instantOf(otherwise) : momentOf(text);
      if (moment === null) throw new UsageError('Give a time as 2029-12-31T00:00:00Z.');
      return moment;
    };
    const keyIn = (text: string | undefined) => {
      if (!isDid(text)) throw new UsageError('A key is written as did:key:z6Mk…');
      return text;
    };
    const json = async (path: string): Promise<unknown> => {
      try {
        return JSON.parse(await readFile(path, 'utf8'));
      } catch (error) {
        if (error instanceof SyntaxError) throw new UsageError(`${path} is not JSON.`);
        throw error;
      }
    };

    const known = existsSync(file) ? parseTrustSet(await json(file)) : null;
    if (known === null && existsSync(file)) throw new UsageError(`${file} is no list of trust.`);
    if (known === null && values.name === undefined) throw new UsageError('A new list needs --name.');
    const key = await readRootKey(root, await readPassphrase(io));
    if (key === null) {
      io.say(`${root} could not be opened: the passphrase is another one, or it holds no root key.`);
      return 1;
    }
    const signer = issuerBy(key);
    const opened = known === null ? null : await openTrust(known.list, signer.did, nodeTools);
    if (opened?.ok === false || (known !== null && known.list.body.by !== signer.did)) {
      io.say(`${file} is not signed by this root key. Take the list that it signed, or its root key.`);
      return 1;
    }

    const statement = (): Grant | End | null => {
      const made = instantOf(now);
      if (values.end !== undefined) {
        if (values.why === undefined || !whys.includes(values.why)) throw new UsageError(`--why is one of ${whys.join(', ')}.`);
        const successor = values.successor === undefined ? {} : { successor: keyIn(values.successor) };
        const why = values.why as End['why'];
        return { format: 'perigee-end/1', by: signer.did, key: keyIn(values.end), why, at: momentIn(values.at, now), ...successor };
      }
      if (values.to === undefined) return null;
      const wanted = values.right ?? [];
      if (wanted.length === 0 || !wanted.every((right) => rights.includes(right)))
        throw new UsageError(`--right is one of ${rights.join(', ')}.`);
      if (values.as === undefined || values.as.trim() === '')
        throw new UsageError('Say with --as what the centre or the person is called.');
      if (values.country !== undefined && !/^[A-Z]{2}$/.test(values.country)) throw new UsageError('--country is two capitals: NG.');
      return {
        format: 'perigee-grant/1',
        by: signer.did,
        made,
        to: keyIn(values.to),
        name: values.as.trim(),
        rights: wanted as readonly Right[],
        programmes: values.programme ?? ['*'],
        from: made,
        until: momentIn(values.until, now + 3 * 365 * day),
        ...(values.country === undefined ? {} : { country: values.country }),
      };
    };
    const added = statement();
    const isName = (value: unknown): value is ProgrammeName =>
      isObject(value) && isSlug(value['id']) && typeof value['version'] === 'number' && isRecordOf(isString)(value['title']);
    const given = values.programmes === undefined ? null : await json(values.programmes);
    const listed = isObject(given) ? given['programmes'] : given;
    if (given !== null && !(Array.isArray(listed) && listed.every(isName))) throw new UsageError('--programmes holds no programmes.');
    const programmes = Array.isArray(listed) ? listed.filter(isName).map(({ id, version, title }) => ({ id, version, title })) : null;
    const body: TrustBody = {
      format: 'perigee-trust/1',
      by: signer.did,
      name: values.name ?? known?.list.body.name ?? '',
      sequence: (known?.list.body.sequence ?? 0) + 1,
      made: instantOf(now),
      until: instantOf(now + 365 * day),
      programmes: programmes ?? known?.list.body.programmes ?? [],
      statements: [...(known?.list.body.statements ?? []), ...(added === null ? [] : [await signBody(added, signer)])],
    };
    await writeFile(`${file}.new`, `${JSON.stringify(await signBody(body, signer), null, 1)}\n`);
    await rename(`${file}.new`, file);
    io.out(`List ${String(body.sequence)} of ${body.name}, good until ${body.until.slice(0, 10)}. Root: ${signer.did}`);
    return 0;
  },
};
