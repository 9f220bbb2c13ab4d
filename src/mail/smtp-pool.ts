import { NoSession, type SmtpSession } from './smtp-session.ts';

export interface SessionPool {
  /** A session that is open, for one mail; throws NoSession. */
  take(signal: AbortSignal): Promise<SmtpSession>;
  giveBack(session: SmtpSession): void;
  close(): void;
}

export interface SessionPoolOptions {
  /** Throws NoSession. */
  open(signal: AbortSignal): Promise<SmtpSession>;
  readonly connections: number;
  /** Milliseconds that an unused one is kept. */
  readonly idle: number;
}

/** Mails over one session: some servers end it after so many, and none minds that we do. */
const MAILS_EACH = 100;

interface Idle {
  readonly session: SmtpSession;
  readonly timer: NodeJS.Timeout;
}

/** Sessions that are made when they are needed, and kept for a while. */
export function createSessionPool({ open, connections, idle }: SessionPoolOptions): SessionPool {
  const free: Idle[] = [];
  const waiting: (() => void)[] = [];
  let inUse = 0;
  let taken = 0;
  let isClosed = false;

  const nextFree = (): SmtpSession | undefined => {
    for (let entry = free.pop(); entry !== undefined; entry = free.pop()) {
      clearTimeout(entry.timer);
      if (entry.session.isOpen()) return entry.session;
    }
    return undefined;
  };
  const keep = (session: SmtpSession): void => {
    const timer = setTimeout(() => {
      free.splice(free.indexOf(entry), 1);
      session.end();
    }, idle).unref();
    const entry = { session, timer };
    free.push(entry);
  };
  const leave = (): void => {
    inUse -= 1;
    waiting.shift()?.();
  };
  const enter = async (signal: AbortSignal): Promise<void> => {
    while (inUse >= connections) await isNext(waiting, signal);
    if (signal.aborted) throw new NoSession('it was broken off');
    inUse += 1;
  };

  return {
    async take(signal) {
      for (;;) {
        await enter(signal);
        try {
          const session = nextFree() ?? (await open(signal));
          taken += 1;
          return session;
        } catch (failure) {
          // A server that lets in only so many at once takes it over one of those, when that is free again.
          const isFull = taken > 0 && !signal.aborted;
          if (!isFull) leave();
          if (!isFull) throw failure;
          inUse -= 1;
        }
        if (free.length === 0) await isNext(waiting, signal);
      }
    },
    giveBack(session) {
      taken -= 1;
      if (!isClosed && session.isOpen() && session.offers() < MAILS_EACH) keep(session);
      else session.end();
      leave();
    },
    close() {
      isClosed = true;
      for (const { session, timer } of free.splice(0)) {
        clearTimeout(timer);
        session.end();
      }
    },
  };
}

/** Resolves when somebody leaves a place, or where `signal` ends the wait. */
function isNext(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  const onAbort = (): void => {
    const at = waiting.indexOf(resolve);
    if (at >= 0) waiting.splice(at, 1);
    resolve();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}
