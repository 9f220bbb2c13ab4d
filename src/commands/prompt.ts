import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { passwordFault } from '../auth/passwords.ts';
import { CommandFailure, type Io } from './command.ts';

/**
 * A new password: asked twice without echo on a terminal, else the first line of stdin (`--password-stdin` says so
 * on a terminal too).
 */
export async function newPassword(io: Io, { fromStdin }: { readonly fromStdin: boolean }): Promise<string> {
  const password = fromStdin || io.stdin.isTTY !== true ? await firstLine(io) : await askTwice(io);
  const fault = passwordFault(password);
  if (fault !== undefined) throw new CommandFailure(`the password ${fault}; nothing was changed`);
  return password;
}

async function firstLine(io: Io): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  // Octets are what a stream without an encoding gives.
  for await (const chunk of io.stdin as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('\n')) break;
  }
  return text.replace(/\r?\n[^]*$/, '');
}

async function askTwice(io: Io): Promise<string> {
  // readline writes what is typed to its output: this one shows nothing.
  const output = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: io.stdin, output, terminal: true });
  try {
    const [first, second] = [await ask(io, lines, 'Password: '), await ask(io, lines, 'Once more: ')];
    if (first !== second) throw new CommandFailure('the two passwords are not the same; nothing was changed');
    return first;
  } finally {
    lines.close();
  }
}

/** Asks a question of which the answer must be `yes`; without a terminal there is nobody to ask. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  if (io.stdin.isTTY !== true) return false;
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: true });
  try {
    return (await ask(io, lines, `${question} [yes/no] `)).trim().toLowerCase() === 'yes';
  } finally {
    lines.close();
  }
}

function ask(io: Io, lines: Interface, question: string): Promise<string> {
  lines.setPrompt('');
  io.stderr.write(question);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      io.stderr.write('\n');
      reject(new CommandFailure('stopped; nothing was changed'));
    };
    lines.once('SIGINT', stop);
    lines.once('close', stop);
    lines.once('line', (line) => {
      lines.off('SIGINT', stop);
      lines.off('close', stop);
      io.stderr.write('\n');
      resolve(line);
    });
  });
}
