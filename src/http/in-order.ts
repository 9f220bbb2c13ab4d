import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { OpenMiddleware } from './state.ts';

/** Requests of one connection that wait. They send nothing, so that Node's own back-pressure never stops their client. */
const MOST_WAITING = 100;

interface Line {
  last: ServerResponse;
  waiting: number;
}

/**
 * The requests of one connection, one after the other. Node hands over at once all that a client sends without waiting
 * for the answers, and puts only the answers in order; a DELETE would then overtake the PUT before it, which a server
 * must not let happen (RFC 9112 §9.3.2). A client that sends more than may wait is cut off.
 */
export function inOrder(): OpenMiddleware {
  const lines = new WeakMap<Socket, Line>();
  return async ({ req, res }, next) => {
    const line = lines.get(req.socket);
    if (line === undefined) {
      lines.set(req.socket, { last: res, waiting: 0 });
      return next();
    }
    const before = line.last;
    line.last = res;
    if (!before.closed) {
      line.waiting += 1;
      if (line.waiting > MOST_WAITING) req.socket.destroy();
      await closed(before);
      line.waiting -= 1;
    }
    return next();
  };
}

const closed = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    response.once('close', resolve);
  });
