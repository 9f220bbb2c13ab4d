import { pino } from 'pino';

/** Structured lines on stdout. They hold no event text, token or address: ids, counts and reasons only. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['password', 'token', 'authorization'],
  });
}
