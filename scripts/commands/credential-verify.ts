import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Answer, Check, Finding } from '../../src/lib/certification/verify.ts';
import { UsageError, type Command, type ExitCode, type Io } from './command.ts';

/** What each finding means; `{}` is what it names. */
const sentences: Readonly<Record<Finding, string>> = {
  fine: 'as it should be',
  'not-credential': 'there is no Open Badges 3.0 credential in it',
  'unusual-form': 'it is written in a form in which parts of it could be hidden, and is not read on trust',
  'unknown-context': 'it is written in terms that are not known here: {}',
  damaged: 'the code is damaged; scan or type it again',
  'no-proof': 'it is not signed',
  'unknown-proof': 'it is signed in a way that is not known here: {}',
  'unknown-key': 'it is signed with a key that cannot be looked up here: {}',
  'malformed-proof': 'its proof is not well formed',
  'other-key': 'it was signed by another than its issuer: {}',
  'foreign-key': 'the signature is right, but only the network knows whether this key belongs to {}',
  'wrong-purpose': 'it was signed for another purpose: {}',
  altered: 'the signature is not right: it was altered, or never signed by this issuer',
  'not-canonizable': 'it holds terms that nobody defined: {}',
  'no-trust': 'there is no list of trusted issuers here; name one with --trust',
  'trust-old': 'the list of trusted issuers is too old, of {}; take a newer one',
  'issuer-unknown': 'the issuer is not recognised: {}',
  'no-right': 'this key is known, and may not issue: {}',
  'other-programme': 'the issuer may not issue this certificate: {}',
  'too-early': 'it was signed before the issuer had the right, which began {}',
  'too-late': 'it was signed after the issuer’s right had ended, on {}',
  unproven: 'the issuer’s right ended on {}, and nothing shows that it was signed before',
  compromised: 'the issuer’s key was reported as compromised from {}, and nothing shows that it was signed before',
  undated: 'it does not say when it was signed',
  'not-yet': 'it is not valid before {}',
  over: 'it was valid until {}',
  clock: 'this machine’s clock is wrong, or a date is: {} lies ahead',
  'no-status': 'it does not say where its revocation would stand',
  'no-list': 'the status list is not here; name it with --status: {}',
  'list-bad': 'the status list is damaged, or not the issuer’s: {}',
  'list-old': 'the status list is too old, of {}; take a newer one',
  revoked: 'it is revoked, by the list of {}',
  suspended: 'it is suspended, by the list of {}',
};

const sentenceOf = ({ finding, what }: Check): string => sentences[finding].replace('{}', what ?? 'unnamed');

const verdicts = { valid: 'Valid', 'not-valid': 'Not valid', 'cannot-tell': 'Cannot tell' } as const;
const codes: Readonly<Record<Answer['verdict'], ExitCode>> = { valid: 0, 'not-valid': 1, 'cannot-tell': 2 };
const marks = { yes: '✓', no: '✗', unknown: '?' } as const;

const dayOf = (instant: string): string => instant.slice(0, 10);

function print({ verdict, checks, facts, chain, lists, at }: Answer, io: Io): void {
  const asOf = verdict === 'valid' && lists.status !== null ? ` as of the status list of ${dayOf(lists.status.made)}` : '';
  const reason = checks.find(({ result }) => result === (verdict === 'not-valid' ? 'no' : 'unknown'));
  io.out(`${verdicts[verdict]}${asOf}${reason === undefined ? '' : `: ${sentenceOf(reason)}`}`);
  for (const check of checks) io.out(`  ${marks[check.result]} ${check.name}: ${sentenceOf(check)}`);
  const signed = checks.some(({ name, result }) => name === 'signature' && result === 'yes');
  if (facts !== null && signed) {
    io.out(`  ${facts.achievement.name ?? facts.achievement.titles['en'] ?? facts.achievement.id ?? 'An achievement without a name'}`);
    io.out(
      `  held by ${facts.holder ?? 'somebody who is not named'}, from ${dayOf(facts.from)}${facts.until === null ? '' : ` until ${dayOf(facts.until)}`}`,
    );
    for (const { genre, name, narrative } of facts.evidence)
      io.out(`  ${[genre, name, narrative].filter((part) => part !== null).join(': ')}`);
  }
  for (const [i, { name, country, from, until }] of chain.entries())
    io.out(
      i === 0
        ? `  on the authority of ${name}`
        : `  ${i === chain.length - 1 ? 'issued' : 'recognised'} by ${name}${country === undefined ? '' : ` (${country})`}, recognised from ${dayOf(from ?? '')} until ${dayOf(until ?? '')}`,
    );
  if (lists.trust !== null) io.out(`  list of trust: ${lists.trust.name}, ${dayOf(lists.trust.made)}`);
  io.out(`  verified for ${at}`);
}

/** Reads a JSON file that the command line names; a sentence where it holds something else. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${file} is not JSON.`);
    throw error;
  }
}

export const credentialVerify: Command = {
  name: 'credential verify',
  summary: 'tell a true certificate from a false one, without network',
  usage: `
Usage: perigee credential verify FILE [--trust FILE] [--status FILE]… [--at TIME] [--data FOLDER] [--json]

FILE holds an Open Badges 3.0 credential as JSON, a PNG or SVG into which one is baked, or the text of a printed code.

  --trust FILE     the list of trusted issuers, alone or with status lists, as a node gives it out at /content/trust.
                   Naming it is trusting its root key. Without it, what the node of --data holds is used
  --status FILE    a status list, or a JSON list of them; may be given more than once
  --at TIME        verify for another moment than now: 2026-11-20T12:00:00Z
  --data FOLDER    a node's data folder; PERIGEE_DATA, ./data
  --json           { "verdict", "kind", "checks": [{ name, result, finding, what }], "facts", "chain", "lists", "at" }

Exit code: 0 valid, 1 not valid, 2 cannot tell (also where FILE cannot be read), 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        trust: { type: 'string' },
        status: { type: 'string', multiple: true },
        at: { type: 'string' },
        data: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('Name one file that holds a credential.');
    const [{ verify }, { heldInFile }, { knownContexts }, { openTrust }, { parseTrustSet }, { momentOf }, { nodeTools }, { instantOf }] =
      await Promise.all([
        import('../../src/lib/certification/verify.ts'),
        import('../../src/lib/certification/container.ts'),
        import('../../src/lib/certification/contexts.ts'),
        import('../../src/lib/certification/trust.ts'),
        import('../../src/lib/certification/trust-set.ts'),
        import('../../src/lib/certification/moment.ts'),
        import('../../src/lib/server/trust/tools.ts'),
        import('../../src/lib/domain/clock.ts'),
      ]);
    const now = values.at === undefined ? instantOf(Date.now()) : momentOf(values.at);
    if (now === null) throw new UsageError('Give --at as a moment: 2026-11-20T12:00:00Z.');

    const set = values.trust === undefined ? await setOfNode(values.data, io) : parseTrustSet(await readJson(values.trust));
    if (set === null && values.trust !== undefined) throw new UsageError(`${values.trust} is no list of trust.`);
    const opened = set === null ? null : await openTrust(set.list, null, nodeTools);
    if (opened !== null && !opened.ok) throw new UsageError(`The signature of the list of trust ${values.trust ?? ''} is not right.`);
    const named: unknown[] = [];
    for (const path of values.status ?? []) {
      const given = await readJson(path);
      named.push(...(Array.isArray(given) ? given : [given]));
    }

    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      io.say(`${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : String(error.code)}.`);
      return 2;
    }
    const answer = await verify(heldInFile(new Uint8Array(bytes)), {
      trust: opened?.value ?? null,
      statusLists: [...(set?.statusLists ?? []), ...named],
      contexts: knownContexts,
      now,
      tools: nodeTools,
    });
    if (values.json === true) io.out(JSON.stringify(answer, null, 2));
    else print(answer, io);
    return codes[answer.verdict];
  },
};

/** What the node of a data folder holds; null where there is no node, or it has no list. */
async function setOfNode(
  data: string | undefined,
  io: Io,
): Promise<Awaited<ReturnType<import('../../src/lib/server/trust/shelf.ts').Shelf['read']>>> {
  const [{ withAccounts }, { openShelf }] = await Promise.all([import('./accounts.ts'), import('../../src/lib/server/trust/shelf.ts')]);
  let set: Awaited<ReturnType<ReturnType<typeof openShelf>['read']>> = null;
  // A machine without a node verifies all the same, and says what it lacks.
  await withAccounts(data, { ...io, say: () => undefined }, async ({ node, engine }) => {
    set = await openShelf({ node, engine }).read();
    return 0;
  });
  return set;
}
