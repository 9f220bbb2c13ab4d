import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { OpenMiddleware } from './state.ts';

/**
 * The requests of one connection, one after the other. Node hands over at once all that a client sends without waiting
 * for the answers, and puts only the answers in order; a DELETE would then overtake the PUT before it, which a server
 * must not let happen (RFC 9112 §9.3.2).
 */
export function inOrder(): OpenMiddleware {
  const last = new WeakMap<Socket, ServerResponse>();
  return async ({ req, res }, next) => {
    const before = last.get(req.socket);
    last.set(req.socket, res);
    if (before !== undefined && !before.closed) await closed(before);
    return next();
  };
}

const closed = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    response.once('close', resolve);
  });
