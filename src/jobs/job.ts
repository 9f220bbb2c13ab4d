import type { Log } from '../base/log.ts';
import type { CalendarContext } from '../calendar/context.ts';
import type { Transport } from '../mail/outgoing.ts';
import type { Fetch } from '../net/fetch.ts';

/** What every job is given. */
export interface JobContext {
  readonly calendar: CalendarContext;
  readonly log: Log;
  /** Milliseconds that what was removed is remembered. */
  readonly retention: number;
  /** The way out to the network. */
  readonly fetch: Fetch;
  /** The way to the SMTP server; undefined: there is none. */
  readonly transport?: Transport | undefined;
  /** Of [0, 1), where many must not do a thing at the same instant. */
  readonly random: () => number;
}

/** Work that the clock sets off. On many nodes each does it: a job is safe to be done twice, and at the same time. */
export interface Job {
  readonly name: string;
  /** Milliseconds from the end of one run to the next. */
  readonly every: number;
  /** Milliseconds from the start of the server to the first run, where that is not as of the others. */
  readonly first?: number;
  /** Milliseconds from a wake-up to the run, where that is not as of the others: what happens within them is done by one. */
  readonly moment?: number;
  /** Calls `wake` where there may be work before its time; returns how to stop listening. */
  listen?(context: JobContext, wake: () => void): () => void;
  /** Gives way between two pieces of work, and stops where `signal` asks for it. */
  run(context: JobContext, signal: AbortSignal): Promise<void>;
}
