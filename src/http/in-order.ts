import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { OpenMiddleware } from './state.ts';

/** Requests of one connection that wait. They send nothing, so that Node's own back-pressure never stops their client. */
const MOST_WAITING = 100;

interface Line {
  /** The answer that the next request waits for, and the work for it. */
  last: ServerResponse | undefined;
  work: Promise<unknown>;
  waiting: number;
}

/**
 * The requests of one connection, one after the other. Node hands over at once all that a client sends without waiting
 * for the answers, and puts only the answers in order; a DELETE would then overtake the PUT before it, which a server
 * must not let happen (RFC 9112 §9.3.2). A client that sends more than may wait is cut off.
 */
export function inOrder(): OpenMiddleware {
  const lines = new WeakMap<Socket, Line>();
  return ({ req, res }, next) => {
    let line = lines.get(req.socket);
    if (line === undefined) lines.set(req.socket, (line = { last: undefined, work: NOTHING, waiting: 0 }));
    const { last: before } = line;
    line.last = res;
    // A connection stands idle most of the time: what it was last answered is not to be kept with it.
    res.once('close', () => {
      if (line.last === res) line.last = undefined;
    });
    line.work = before === undefined ? next() : waitFor(before, line, req.socket).then(next);
    return line.work;
  };
}

const NOTHING = Promise.resolve();

/** When a connection ends, all its answers close at once: the work for the one before has to come to its end, too. */
async function waitFor(before: ServerResponse, line: Line, socket: Socket): Promise<void> {
  const { work } = line;
  line.waiting += 1;
  if (line.waiting > MOST_WAITING) socket.destroy();
  if (!before.closed) await closed(before);
  await work.catch(() => undefined);
  line.waiting -= 1;
}

const closed = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    response.once('close', resolve);
  });
