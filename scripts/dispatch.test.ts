import { describe, expect, it } from 'vitest';
import { parseArgs } from 'node:util';
import { UsageError, type Command, type Io } from './commands/command.ts';
import { dispatch } from './dispatch.ts';

function listener() {
  const out: string[] = [];
  const said: string[] = [];
  const io: Io = { out: (text) => out.push(text), say: (text) => said.push(text), readStdin: () => Promise.resolve(''), env: {} };
  return { io, out: () => out.join('\n'), said: () => said.join('\n') };
}

const greet: Command = {
  name: 'greet',
  summary: 'says hello',
  usage: 'Usage: perigee greet NAME',
  run: async (args, io) => {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } });
    if (positionals.length !== 1) throw new UsageError('Whom?');
    io.out(`hello ${String(positionals[0])}`);
    return 0;
  },
};
const failing = (name: string, error: Error): Command => ({ ...greet, name, run: () => Promise.reject(error) });
const commands = [
  greet,
  { ...greet, name: 'greet twice', run: async () => 1 as const },
  failing('lose', Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', path: '/nowhere' })),
  failing('break', new TypeError('x is not a function')),
];

describe('dispatch', () => {
  it.each<[string, number, string, string]>([
    ['greet ann', 0, 'hello ann', ''],
    ['greet twice', 1, '', ''],
    ['--help', 0, 'greet twice', ''],
    ['greet --help', 0, 'Usage: perigee greet NAME', ''],
    ['greet', 64, '', 'Whom?'],
    ['greet ann --loud', 64, '', "Unknown option '--loud'"],
    ['wave', 64, '', 'There is no command «wave»'],
    ['', 64, '', 'Usage: perigee <command>'],
    ['lose', 1, '', 'There is no such file or folder: /nowhere.'],
    ['break', 2, '', 'Perigee itself failed: x is not a function'],
  ])('answers «%s» with %d', async (line, code, out, said) => {
    const heard = listener();
    expect(await dispatch(commands, line.split(' ').filter(Boolean), heard.io)).toBe(code);
    expect(heard.out()).toContain(out);
    expect(heard.said()).toContain(said);
    expect(heard.said()).not.toMatch(/^\s+at /m);
    if (code === 64) expect(heard.out()).toBe('');
  });
});
