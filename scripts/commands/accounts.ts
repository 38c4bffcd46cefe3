/** The accounts of a data folder, for commands that work on them while the node runs or not. A running node looks at the same file. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExitCode, Io } from './command.ts';

type Accounts = Awaited<ReturnType<typeof import('../../src/server/main.ts').openAccounts>>;

/** Opens the accounts of the data folder, or says why not. */
export async function withAccounts(data: string | undefined, io: Io, work: (accounts: Accounts) => Promise<ExitCode>): Promise<ExitCode> {
  const folder = resolve(data ?? io.env['PERIGEE_DATA'] ?? './data');
  const couchdb = io.env['COUCHDB_URL']?.trim() ?? '';
  const [{ couchPrefix, openAccounts }, { readNodeName }] = await Promise.all([
    import('../../src/server/main.ts'),
    import('../../src/server/identity.ts'),
  ]);
  const node = readNodeName(folder);
  if (node === null || (couchdb === '' && !existsSync(join(folder, 'node.sqlite')))) {
    io.say(`${folder} is not the data folder of a node. Start the node once («npm start»), or name its folder with --data.`);
    return 1;
  }
  const accounts = await openAccounts({ node, data: folder, couchdb: couchdb === '' ? null : { url: couchdb, prefix: couchPrefix(node) } });
  try {
    return await work(accounts);
  } finally {
    await accounts.engine.close();
  }
}
