/** `people add`, `list` and `revoke`: they work on the data folder, while the node runs or not. A running node looks at the same file. */
import { parseArgs } from 'node:util';
import { isPersonId, isSlug } from '../../src/lib/domain/ids.ts';
import { isRole, roles } from '../../src/lib/sync/access.ts';
import { withAccounts } from './accounts.ts';
import { UsageError, type Command } from './command.ts';

const dataOption = { data: { type: 'string' }, json: { type: 'boolean' } } as const;

export const peopleAdd: Command = {
  name: 'people add',
  summary: 'invite a person: prints a code, or takes a password',
  usage: `
Usage: perigee people add --name NAME --role ROLE [--country ID …] [--password-stdin] [--data FOLDER] [--json]

Prints a code that works once. Staff type it with a name and a password of their own; learners type it in the app.

  --role ROLE         ${roles.join(' ')}
  --country ID        of a focal point: a country that they speak for, by its id in the compendium; may be given again
  --password-stdin    makes the account at once, with the password that comes on standard input (staff only)
  --data FOLDER       the node's data folder; PERIGEE_DATA, ./data
  --json              { "id" } or { "code", "expires" }

Exit code: 0 done, 1 the name is taken or the folder is no node's, 64 wrong usage.`,
  run: async (args, io) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...dataOption,
        name: { type: 'string' },
        role: { type: 'string' },
        country: { type: 'string', multiple: true },
        'password-stdin': { type: 'boolean' },
      },
    });
    const { readName } = await import('../../src/lib/server/accounts/store.ts');
    const name = readName(values.name);
    const { role } = values;
    if (name === null) throw new UsageError('Give a --name of 1 to 100 characters.');
    if (!isRole(role)) throw new UsageError(`Give a --role: ${roles.join(', ')}.`);
    const countries = values.country ?? [];
    if (role === 'focal-point' ? countries.length === 0 : countries.length > 0)
      throw new UsageError(
        'A focal point speaks for a country: give --country with its id, as in +profiles/countries.yaml. Nobody else has one.',
      );
    if (!countries.every(isSlug)) throw new UsageError('A --country is an id such as islemara.');

    if (values['password-stdin'] === true) {
      if (role === 'learner') throw new UsageError('Learners have no password: they join with a code.');
      const { isPassword, passwordLength } = await import('../../src/lib/server/accounts/passwords.ts');
      const password = (await io.readStdin()).replace(/\r?\n$/, '');
      if (!isPassword(password)) {
        io.say(`A password has ${String(passwordLength.least)} to ${String(passwordLength.most)} characters.`);
        return 1;
      }
      const { isCommonPassword } = await import('../../src/lib/domain/common-passwords.ts');
      if (isCommonPassword(password, [name])) {
        io.say('This password is made of what everybody tries first. Take a sentence that only they would say.');
        return 1;
      }
      return withAccounts(values.data, io, async ({ sessions }) => {
        const id = await sessions.addStaff(name, role, password, countries);
        if (id === null) {
          io.say(`Somebody signs in here as «${name}» already.`);
          return 1;
        }
        io.out(values.json === true ? JSON.stringify({ id }) : `«${name}» is ${role} now, with the id ${id}.`);
        return 0;
      });
    }

    const { showCode } = await import('../../src/lib/server/accounts/codes.ts');
    return withAccounts(values.data, io, async ({ sessions }) => {
      const [made] = await sessions.createCodes([
        role === 'learner'
          ? { use: 'enrolment', name }
          : { use: 'invitation', name, role, ...(countries.length === 0 ? {} : { countries }) },
      ]);
      if (made === undefined) throw new Error('No code was made');
      const code = showCode(made.code);
      io.out(
        values.json === true ? JSON.stringify({ code, expires: made.expires }) : `${code}  for «${name}», once, until ${made.expires}`,
      );
      return 0;
    });
  },
};

export const peopleList: Command = {
  name: 'people list',
  summary: 'list the people of this node',
  usage: `
Usage: perigee people list [--data FOLDER] [--json]

  --data FOLDER    the node's data folder; PERIGEE_DATA, ./data
  --json           { "people": [{ id, name, roles, since, revoked? }] }`,
  run: async (args, io) => {
    const { values } = parseArgs({ args: [...args], options: dataOption });
    return withAccounts(values.data, io, async ({ store }) => {
      const staff = await store.list('staff');
      const learners = (await store.list('learner')).map((learner) => ({ ...learner, roles: ['learner'] }));
      const people = [...staff, ...learners].map(({ person: id, name, roles: theirs, since, revoked }) => ({
        id,
        name,
        roles: theirs,
        since,
        ...(revoked === undefined ? {} : { revoked }),
      }));
      if (values.json === true) io.out(JSON.stringify({ people }));
      else
        for (const { id, name, roles: theirs, since, revoked } of people)
          io.out(
            `${id}  ${theirs.join(', ').padEnd(13)}  since ${since.slice(0, 10)}${revoked === undefined ? '' : `, revoked ${revoked.slice(0, 10)}`}  ${name}`,
          );
      if (people.length === 0 && values.json !== true) io.say('Nobody has joined this node yet.');
      return 0;
    });
  },
};

export const peopleRevoke: Command = {
  name: 'people revoke',
  summary: 'end every sign-in of a person',
  usage: `
Usage: perigee people revoke ID [--data FOLDER] [--json]

A running node refuses the person from the next request on. Nothing that they did is deleted.

  --data FOLDER    the node's data folder; PERIGEE_DATA, ./data

Exit code: 0 done, 1 nobody has this id, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: dataOption });
    const [id, ...more] = positionals;
    if (!isPersonId(id) || more.length > 0) throw new UsageError('Name one person by their id («people list» shows it).');
    return withAccounts(values.data, io, async ({ sessions }) => {
      if (!(await sessions.revoke(id))) {
        io.say(`Nobody here has the id ${id}.`);
        return 1;
      }
      io.out(values.json === true ? JSON.stringify({ id }) : `${id} is signed out everywhere.`);
      return 0;
    });
  },
};
