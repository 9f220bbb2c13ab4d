import { nextTick } from 'node:process';

import type { Steps } from './steps.ts';

/**
 * Milliseconds that one request may work without a break: what every other request may have to wait for, however small
 * it is. A break costs a hundredth of one.
 */
const SLICE = 0.7;

export interface Turns {
  /** Whether it is time for a break: asked between two pieces of work, so that a short answer waits for nothing. */
  isDue(): boolean;
  /** Gives the event loop to the other requests. */
  take(): Promise<void>;
}

/** The work with a break wherever one is due. */
export async function inTurns<Result>(work: Steps<Result>, turns: Turns): Promise<Result> {
  let step = work.next();
  while (!step.done) {
    if (turns.isDue()) await turns.take();
    step = work.next();
  }
  return step.value;
}

/**
 * The breaks of one long answer. It is time that counts: a hundred objects may cost a millisecond or ten seconds. And it is
 * the time of all that work in one turn of the event loop: of several that come in together, the first uses up the slice.
 */
export function createTurns(): Turns {
  sliceBegan();
  let worked = 0;
  let since = performance.now();
  return {
    isDue: () => performance.now() - sliceBegan() > SLICE,
    async take() {
      worked += performance.now() - since;
      await (worked < SLICE ? waitIn(small) : pause());
      since = performance.now();
    },
  };
}

/** When the work of this turn of the event loop began; undefined: nobody has worked in it yet. */
let began: number | undefined;
const endSlice = (): void => {
  began = undefined;
};

function sliceBegan(): number {
  if (began === undefined) {
    began = performance.now();
    setImmediate(endSlice);
  }
  return began;
}

type Waiting = (() => void)[];

/** Long answers that have paused, in the order in which they did. */
const large: Waiting = [];
/** Those that have hardly begun when others had used up the slice: most will be done with what they do next. */
const small: Waiting = [];

/**
 * A break, due or not. With each turn of the event loop as many go on as one slice has time for, in their order: whatever
 * came in meanwhile waits for one slice and not for one of each long answer that is under way (all immediates run before
 * the next look at the sockets), and those that have little left to do do not wait a turn for each of the others. Who has
 * hardly begun goes first; one of the long answers goes on in any case, however many of these there are.
 */
export const pause = (): Promise<void> => waitIn(large);

function waitIn(waiting: Waiting): Promise<void> {
  return new Promise((resume) => {
    waiting.push(resume);
    if (isGoingOn) return;
    isGoingOn = true;
    setImmediate(goOn);
  });
}

let isGoingOn = false;

function goOn(): void {
  endSlice();
  const until = sliceBegan() + SLICE;
  // One of the long answers, however long the machine was elsewhere meanwhile.
  let isOwed = true;
  const resumeOne = (): void => {
    const isOver = performance.now() >= until;
    const begun = isOver && isOwed && large.length > 0 ? undefined : small.shift();
    if (begun === undefined) isOwed = false;
    (begun ?? large.shift())?.();
    // When it has paused again, or come to its end: ticks that are asked for among microtasks come after all of these.
    queueMicrotask(() => nextTick(next));
  };
  const next = (): void => {
    if (small.length + large.length === 0) isGoingOn = false;
    else if (performance.now() >= until && (!isOwed || large.length === 0)) setImmediate(goOn);
    else resumeOne();
  };
  resumeOne();
}
