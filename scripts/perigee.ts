/** `npx perigee <command>`. Adding a command is adding its file to `commands/` and its line here. */
import { text } from 'node:stream/consumers';
import { auditCommand, backupCommand, restoreCommand } from './commands/backup.ts';
import type { Command } from './commands/command.ts';
import { compendiumCheck } from './commands/compendium-check.ts';
import { compendiumImport } from './commands/compendium-import.ts';
import { compendiumLinks } from './commands/compendium-links.ts';
import { courseBuild } from './commands/course-build.ts';
import { courseCheck } from './commands/course-check.ts';
import { credentialVerify } from './commands/credential-verify.ts';
import { nodesAdd, nodesList, nodesRevoke } from './commands/nodes.ts';
import { peopleAdd, peopleList, peopleRevoke } from './commands/people.ts';
import { serveCommand } from './commands/serve.ts';
import { trustGrant } from './commands/trust-grant.ts';
import { trustPublish } from './commands/trust-publish.ts';
import { trustRoot } from './commands/trust-root.ts';
import { updateCommands } from './commands/update.ts';
import { dispatch } from './dispatch.ts';

const commands: readonly Command[] = [
  serveCommand,
  courseCheck,
  courseBuild,
  compendiumCheck,
  compendiumImport,
  compendiumLinks,
  peopleAdd,
  peopleList,
  peopleRevoke,
  nodesAdd,
  nodesList,
  nodesRevoke,
  credentialVerify,
  trustGrant,
  trustPublish,
  trustRoot,
  backupCommand,
  restoreCommand,
  auditCommand,
  ...updateCommands,
];

process.exitCode = await dispatch(commands, process.argv.slice(2), {
  out: (message) => void process.stdout.write(message.endsWith('\n') ? message : `${message}\n`),
  say: (message) => void process.stderr.write(`${message}\n`),
  readStdin: () => text(process.stdin),
  env: process.env,
});
