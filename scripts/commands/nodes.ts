/** `nodes add`, `list` and `revoke`: the nodes that are children of this one, and their credentials. */
import { parseArgs } from 'node:util';
import { isNodeId, type NodeId } from '../../src/lib/domain/ids.ts';
import { withAccounts } from './accounts.ts';
import { UsageError, type Command } from './command.ts';

const dataOption = { data: { type: 'string' }, json: { type: 'boolean' } } as const;

/** A node's name from an argument. */
function nameOf(value: string | undefined, how: string): NodeId {
  if (!isNodeId(value)) throw new UsageError(`${how}: a-z, 0-9 and hyphens, as its data folder has it.`);
  return value;
}

export const nodesAdd: Command = {
  name: 'nodes add',
  summary: 'let another node replicate with this one: prints its credential',
  usage: `
Usage: perigee nodes add --name NODE [--data FOLDER] [--json]

Prints a credential for a node that is to be a child of this one. It is shown once; another one made later takes its place. The child is
started with it: PERIGEE_UPSTREAM=<this node's address> PERIGEE_UPSTREAM_TOKEN=<the credential>.

  --name NODE      the child's name, as its data folder has it
  --data FOLDER    this node's data folder; PERIGEE_DATA, ./data
  --json           { "node", "token" }

Exit code: 0 done, 1 the folder is no node's, 64 wrong usage.`,
  run: async (args, io) => {
    const { values } = parseArgs({ args: [...args], options: { ...dataOption, name: { type: 'string' } } });
    const child = nameOf(values.name, 'Give the --name of the child');
    return withAccounts(values.data, io, async ({ peers, node }) => {
      if (child === node) {
        io.say(`«${child}» is this node itself. A child has another name.`);
        return 1;
      }
      const token = await peers.add(child);
      io.out(values.json === true ? JSON.stringify({ node: child, token }) : token);
      return 0;
    });
  },
};

export const nodesList: Command = {
  name: 'nodes list',
  summary: 'list the nodes that are children of this one',
  usage: `
Usage: perigee nodes list [--data FOLDER] [--json]

  --data FOLDER    this node's data folder; PERIGEE_DATA, ./data
  --json           { "nodes": [{ node, made, revoked? }] }`,
  run: async (args, io) => {
    const { values } = parseArgs({ args: [...args], options: dataOption });
    return withAccounts(values.data, io, async ({ peers }) => {
      const nodes = (await peers.list()).map(({ node, made, revoked }) => ({ node, made, ...(revoked === undefined ? {} : { revoked }) }));
      if (values.json === true) io.out(JSON.stringify({ nodes }));
      else
        for (const { node, made, revoked } of nodes)
          io.out(`${node}  since ${made.slice(0, 10)}${revoked === undefined ? '' : `, revoked ${revoked.slice(0, 10)}`}`);
      if (nodes.length === 0 && values.json !== true) io.say('This node has no children.');
      return 0;
    });
  },
};

export const nodesRevoke: Command = {
  name: 'nodes revoke',
  summary: 'take back the credential of a child node',
  usage: `
Usage: perigee nodes revoke NODE [--data FOLDER] [--json]

A running node refuses the child from the next request on. What the child handed over stays. «nodes add» gives it a new credential.

  --data FOLDER    this node's data folder; PERIGEE_DATA, ./data
  --json           { "node" }

Exit code: 0 done, 1 no child has this name, 64 wrong usage.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args: [...args], options: dataOption, allowPositionals: true });
    const child = nameOf(positionals[0], 'Name the child');
    return withAccounts(values.data, io, async ({ peers }) => {
      if (!(await peers.revoke(child))) {
        io.say(`No child of this node is called «${child}». «perigee nodes list» names them.`);
        return 1;
      }
      io.out(values.json === true ? JSON.stringify({ node: child }) : `«${child}» is refused from now on.`);
      return 0;
    });
  },
};
