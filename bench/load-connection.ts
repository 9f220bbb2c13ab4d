import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface LoadAnswer {
  readonly status: number;
  /** Status line and headers, as they came. */
  readonly head: string;
  readonly body: string;
}

/**
 * One kept-alive connection on which one request follows the other. Node's own client costs as much as the server's
 * answer: five thousand of these leave the processor to whoever is measured.
 */
export interface LoadConnection {
  /** Rejects where the connection ends before the answer does. */
  ask(method: string, path: string, headers: string, body: string): Promise<LoadAnswer>;
  /** Whether the next question can be asked on it. */
  isOpen(): boolean;
  close(): void;
}

/** Milliseconds after which an answer is not waited for any more. */
const PATIENCE = 60_000;

interface Waiting {
  readonly resolve: (answer: LoadAnswer) => void;
  readonly reject: (reason: Error) => void;
}

/** Connects to 127.0.0.1. `headers`, each with CRLF, are sent with every request. */
export async function openConnection(port: number, headers: string): Promise<LoadConnection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return overSocket(socket, `Host: 127.0.0.1:${port}\r\n${headers}`);
}

function overSocket(socket: Socket, always: string): LoadConnection {
  let waiting: Waiting | undefined;
  let octets: Buffer = Buffer.alloc(0);
  const settle = (end: (of: Waiting) => void): void => {
    const before = waiting;
    waiting = undefined;
    if (before !== undefined) end(before);
  };
  socket.setTimeout(PATIENCE, () => {
    if (waiting !== undefined) socket.destroy(new Error('No answer within 60 s'));
  });
  socket.on('data', (chunk: Buffer) => {
    octets = octets.length === 0 ? chunk : Buffer.concat([octets, chunk]);
    const answer = wholeAnswer(octets);
    if (answer === undefined) return;
    octets = Buffer.alloc(0);
    if (/^connection: close/im.test(answer.head)) socket.destroy();
    settle(({ resolve }) => resolve(answer));
  });
  socket.on('error', (error) => settle(({ reject }) => reject(error)));
  socket.on('close', () => settle(({ reject }) => reject(new Error('The connection was closed before the answer'))));
  return {
    ask(method, path, headers, body) {
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
        socket.write(`${method} ${path} HTTP/1.1\r\n${always}${headers}${length}\r\n${body}`);
      });
    },
    isOpen: () => !socket.destroyed && socket.writable,
    close: () => socket.destroy(),
  };
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** The answer that the octets are; undefined where more is to come. */
export function wholeAnswer(octets: Buffer): LoadAnswer | undefined {
  const end = octets.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const head = octets.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const rest = octets.subarray(end + HEAD_END.length);
  if (status === 204 || status === 304) return { status, head, body: '' };
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) {
    return rest.length < Number(length) ? undefined : { status, head, body: rest.toString('utf8', 0, Number(length)) };
  }
  const body = unchunked(rest);
  return body === undefined ? undefined : { status, head, body };
}

/** RFC 9112 §7.1; undefined where the last chunk has not come. */
function unchunked(octets: Buffer): string | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = octets.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = Number.parseInt(octets.toString('latin1', at, line), 16);
    const end = line + 2 + size + 2;
    if (octets.length < end) return undefined;
    if (size === 0) return Buffer.concat(parts).toString('utf8');
    parts.push(octets.subarray(line + 2, line + 2 + size));
    at = end;
  }
}
