import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MIB = 1024 * 1024;
/** Past this, the room for what is young does not grow; it has grown by doubling, so that it is 16 MiB at most. */
const ENOUGH_YOUNG = 12 * MIB;
/** Milliseconds without a collection after which nobody asks for much. */
const QUIET = 5000;
/** How much may be added to what is in use, in per cent, until it is looked for what is not: that stops everybody for 10 ms. */
const GROWTH = 100;

/**
 * Keeps the heap of V8 near to what is in use: by itself it makes up to 128 MiB of room for what is young, and waits with
 * its old space until it is several times as large, and a server pays for both in each of its processes. An answer needs
 * neither. Both flags are read with every collection; after one of them the room for what is young may have shrunk. After so
 * many milliseconds without one, what is not in use is given back.
 */
export function boundHeap(quiet = QUIET): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  let mayGrow: boolean | undefined;
  const look = (): void => {
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0;
    const isSmall = young < ENOUGH_YOUNG;
    if (isSmall !== mayGrow) setFlagsFromString(`--semi-space-growth-factor=${isSmall ? 2 : 1}`);
    mayGrow = isSmall;
  };
  look();
  const rest = restWhenQuiet(quiet);
  new PerformanceObserver(() => {
    look();
    rest();
  }).observe({ entryTypes: ['gc'] });
}

/** Growth since the last rest that is worth another one, and the heap that takes too long to be looked through at once. */
const WORTH = 8 * MIB;
const TOO_LARGE = 192 * MIB;

/**
 * V8 collects when it needs room: after a busy hour it would keep what that left for as long as it is quiet. Returns what is to
 * be told of each collection; some seconds after the last one there is one more, of some hundredths of a second, which
 * gives back what is not in use: of 118 MB that stayed after 10,000 events and all questions, 37.
 */
function restWhenQuiet(quiet: number): () => void {
  setFlagsFromString('--expose-gc');
  // V8 gives its collector to contexts that are made after the flag was set.
  const collect = runInNewContext('gc') as (how: object) => void;
  let atRest = 0;
  const rest = (): void => {
    const { total_heap_size: size } = getHeapStatistics();
    if (size < atRest + WORTH || size > TOO_LARGE) return;
    // Any other kind keeps the emptied pages for later.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    atRest = getHeapStatistics().total_heap_size;
  };
  const timer = setTimeout(rest, quiet).unref();
  return () => void timer.refresh();
}
