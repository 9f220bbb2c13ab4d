import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { SECOND } from '../base/clock.ts';
import type { Log } from '../base/log.ts';

/** One connection in so many is taken beyond the limit, to be told why it is not served. */
const SURPLUS = 20;
/** How long such a connection may stand without a request. */
const SURPLUS_STANDS = 10 * SECOND;
/** Files that the server itself may have open: the database, attachments on their way, mail, fetches. */
const OWN_FILES = 256;

/** Bounds the connections of a server. Those past the limit are taken too, up to a twentieth, and are surplus. */
export interface Connections {
  /** Whether it came past the limit, and the others still leave no room for it. */
  isSurplus(socket: Socket): boolean;
}

export interface ConnectionOptions {
  /** limits.connections. */
  readonly most: number;
  /** The event of `server` that brings the sockets of requests. */
  readonly event: 'connection' | 'secureConnection';
  readonly log: Pick<Log, 'info'>;
  /** Most files that this process may have open; undefined: not known. */
  readonly openFiles?: number | undefined;
}

/** Begins to count; to be called before the server listens. */
export function boundConnections(server: Server, options: ConnectionOptions): Connections {
  const { event, log, openFiles = mostOpenFiles() } = options;
  // Past what the process may open, even the database could not be read any more.
  const room = openFiles === undefined ? Infinity : Math.floor((openFiles - OWN_FILES) / (1 + 1 / SURPLUS));
  const most = Math.max(1, Math.min(options.most, room));
  if (most < options.most) {
    log.info({ connections: most, openFiles }, 'fewer connections than the limit are taken: see "ulimit -n"');
  }
  server.maxConnections = most + Math.ceil(most / SURPLUS);
  // Among several workers node would otherwise offer it to one after the other, without an end where all have enough.
  // Its types do not know the property yet.
  Object.assign(server, { dropMaxConnection: true });
  let open = 0;
  const surplus = new WeakSet<Socket>();
  server.on(event, (socket: Socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
    if (open > most) watch(socket);
  });
  const isSurplus = (socket: Socket): boolean => {
    if (!surplus.has(socket)) return false;
    if (open > most) return true;
    surplus.delete(socket);
    return false;
  };
  function watch(socket: Socket): void {
    surplus.add(socket);
    const end = setTimeout(() => {
      if (surplus.has(socket)) socket.destroy();
    }, SURPLUS_STANDS);
    end.unref();
    socket.once('close', () => clearTimeout(end));
  }
  return { isSurplus };
}

/** Linux says it; elsewhere nobody asks. */
function mostOpenFiles(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
