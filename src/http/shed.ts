import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SECOND } from '../base/clock.ts';
import type { Limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { createTurnRule } from './turn-rule.ts';

/** The limit that a request came past: `turnMilliseconds`, `requestsUnderWay`, `connections`. */
export const SHED_REASONS = ['turn', 'requests', 'connections'] as const;
export type ShedReason = (typeof SHED_REASONS)[number];

export interface ShedOptions {
  readonly limits: Pick<Limits, 'turnMilliseconds' | 'requestsUnderWay'>;
  readonly log: Pick<Log, 'warn'>;
  /** Answers that have not left, this one's too. */
  readonly underWay: ReadonlySet<ServerResponse>;
  /** Whether a connection came past the limit of connections, and there still is no room for it. */
  readonly isSurplus: (socket: Socket) => boolean;
  /** Told of each request that is sent away. */
  readonly count?: ((reason: ShedReason) => void) | undefined;
  /** Milliseconds of a clock that only grows. */
  readonly now?: () => number;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

export interface Shed {
  /**
   * Whether the server has too much to do for this request, which is then answered with 503 and Retry-After. Nothing of
   * it was looked at but its path; what comes of its body is thrown away.
   */
  turnsAway(req: IncomingMessage, res: ServerResponse): boolean;
}

/** Whoever watches over the server is answered most of all when it has too much to do. */
const ALWAYS_ANSWERED = /^\/(?:healthz|readyz|metrics)(?:$|\?)/;

/** How long a counting of what is under way holds, milliseconds. */
const COUNT_HOLDS = 10;

/** Sends requests away before anything is done for them, docs/adr/0030. */
export function createShed(options: ShedOptions): Shed {
  const { limits, underWay, isSurplus, now = () => performance.now(), random = Math.random } = options;
  const rule = createTurnRule(limits.turnMilliseconds);
  const note = createNote(options);
  let isTurnOpen = false;
  const held: Socket[] = [];
  const endTurn = (): void => {
    isTurnOpen = false;
    rule.end(now());
    for (const socket of held.splice(0)) socket.resume();
  };
  const isLate = (): boolean => {
    const at = now();
    if (!isTurnOpen) {
      isTurnOpen = true;
      rule.begin(at);
      // Runs when all sockets that were ready have been read.
      setImmediate(endTurn);
    }
    return rule.isLate(at);
  };
  // The event loop reads on as long as a thousand sockets are ready at once, and nothing else is done meanwhile: whoever
  // asks again at once would keep the turn from ending, so that a connection has one request in it.
  const hold = ({ socket }: IncomingMessage): void => {
    if (!isTurnOpen || socket.destroyed) return;
    socket.pause();
    held.push(socket);
  };
  let worked = 0;
  let workedAt = -Infinity;
  const areTooMany = (): boolean => {
    if (underWay.size <= limits.requestsUnderWay) return false;
    if (now() - workedAt > COUNT_HOLDS) [worked, workedAt] = [workedOn(underWay), now()];
    else worked += 1;
    return worked >= limits.requestsUnderWay;
  };
  return {
    turnsAway(req, res) {
      const surplus = isSurplus(req.socket);
      if (ALWAYS_ANSWERED.test(req.url ?? '')) {
        if (surplus) res.setHeader('Connection', 'close');
        return false;
      }
      const reason = surplus ? 'connections' : isLate() ? 'turn' : areTooMany() ? 'requests' : undefined;
      if (reason === undefined) return false;
      note(reason);
      // Who has asked whether to send a body is not told to, and may send it or not: nobody could tell what comes next.
      const closes = surplus || req.headers.expect !== undefined;
      const after = Math.floor(random() * SPREAD);
      // Node itself goes on to read when an answer has left, and before this.
      if (!closes) res.once('finish', () => hold(req));
      res.writeHead(503, (closes ? CLOSING : KEEPING)[after]);
      res.end(TEXT);
      return true;
    },
  };
}

/**
 * Connections on whose requests the server works: not those that wait for their client, which may never send or take
 * what it should, and each once, though several of its requests may wait for one another.
 */
function workedOn(underWay: ReadonlySet<ServerResponse>): number {
  const sockets = new Set<Socket>();
  for (const res of underWay) {
    const { complete, socket } = res.req;
    // Older versions of Node never close the answers that waited for another one when their connection ended.
    if (complete && !socket.destroyed && !res.writableEnded && !res.writableNeedDrain) sockets.add(socket);
  }
  return sockets.size;
}

const TEXT = 'The server has too much to do at this moment. Try again soon.\n';
/** Seconds: spread, so that not all who were sent away come again together. */
const SOONEST = 5;
const SPREAD = 11;

/** As Node takes them fastest, for each number of seconds. */
const headersWith = (further: Readonly<Record<string, string>>): readonly string[][] =>
  Array.from({ length: SPREAD }, (_, more) =>
    Object.entries({
      ...SECURITY_HEADERS,
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': String(TEXT.length),
      'Retry-After': String(SOONEST + more),
      ...further,
    }).flat(),
  );
const KEEPING = headersWith({});
const CLOSING = headersWith({ Connection: 'close' });

/** Counts each, and says how many there were at most once a second. */
function createNote({ log, count, underWay }: ShedOptions): (reason: ShedReason) => void {
  const none = (): Record<ShedReason, number> => ({ turn: 0, requests: 0, connections: 0 });
  let shed = none();
  let isWaiting = false;
  const say = (): void => {
    isWaiting = false;
    log.warn({ ...shed, underWay: underWay.size }, 'more requests come than are answered in time: 503');
    shed = none();
  };
  return (reason) => {
    count?.(reason);
    shed[reason] += 1;
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(say, SECOND).unref();
  };
}
