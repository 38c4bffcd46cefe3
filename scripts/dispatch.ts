import type { Command, ExitCode, Io } from './commands/command.ts';
import { UsageError } from './commands/command.ts';

const listOf = (commands: readonly Command[]): string => {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return ['Usage: perigee <command> [options]', '', ...lines, '', 'perigee <command> --help says more about one of them.', ''].join('\n');
};

/** The command that the first words name: `course check` before `course`. */
function commandOf(commands: readonly Command[], args: readonly string[]): { command: Command; rest: readonly string[] } | null {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined && args.length >= words) return { command, rest: args.slice(words) };
  }
  return null;
}

/** Codes of `node:util` parseArgs and of the file system. */
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '');

const fileSentences: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file or folder',
  EACCES: 'Not allowed to read or write',
  EPERM: 'Not allowed to read or write',
  EROFS: 'This place cannot be written to',
  ENOSPC: 'The disk is full',
  ENOTDIR: 'This is a file where a folder is needed',
  EISDIR: 'This is a folder where a file is needed',
};

/**
 * Runs one command line. Wrong usage, and files that are not there, get a sentence; a fault of the program itself gets one too,
 * with the place of the fault where `PERIGEE_DEBUG` is set.
 */
export async function dispatch(commands: readonly Command[], args: readonly string[], io: Io): Promise<ExitCode> {
  if (args[0] === '--help' || args[0] === '-h' || args[0] === 'help') {
    io.out(listOf(commands));
    return 0;
  }
  const found = commandOf(commands, args);
  if (found === null) {
    if (args.length > 0) io.say(`There is no command «${args.slice(0, 2).join(' ')}».\n`);
    io.say(listOf(commands));
    return 64;
  }
  const { command, rest } = found;
  const ends = rest.indexOf('--');
  if ((ends < 0 ? rest : rest.slice(0, ends)).some((arg) => arg === '--help' || arg === '-h')) {
    io.out(`${command.usage.trim()}\n`);
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    const code = codeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS_')) {
      io.say(`${message}\n\n${command.usage.trim()}`);
      return 64;
    }
    // The node's storage says by itself what is wrong: an address, a password, a full disk.
    if (error instanceof Error && error.name === 'StorageFailure') {
      io.say(`${message}.`);
      return 1;
    }
    const sentence = fileSentences[code];
    if (sentence !== undefined) {
      const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? `: ${error.path}` : '';
      io.say(`${sentence}${path}.`);
      return 1;
    }
    io.say(`Perigee itself failed: ${message}\nThis is a fault of the program. Set PERIGEE_DEBUG=1 to see where, and please report it.`);
    if (io.env['PERIGEE_DEBUG'] !== undefined && error instanceof Error) io.say(error.stack ?? '');
    return 2;
  }
}
