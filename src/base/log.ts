import { pino } from 'pino';

/** Structured lines on stdout. They hold no event text, token or address: ids, counts and reasons only. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/**
 * Lines gather and leave together: one write for each would cost a fifth of a GET, and would stop every request where
 * whatever reads them is slow. They wait a quarter of a second at most, and an exit waits for them.
 */
const DESTINATION = { fd: 1, sync: false, minLength: 8192, periodicFlush: 250, maxLength: 16 * 1024 * 1024 };

/** `worker` is the number of the process among several of one server; each of its lines has it. */
export function createLog(level: string, worker?: number): Log {
  const options = {
    level,
    base: worker === undefined ? null : { worker },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['password', 'token', 'authorization'],
  };
  return level === 'silent' ? pino(options) : pino(options, pino.destination(DESTINATION));
}
