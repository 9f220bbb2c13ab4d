import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const MIB = 1024 * 1024;
/** Past this, the room for what is young does not grow; it has grown by doubling, so that it is 16 MiB at most. */
const ENOUGH_YOUNG = 12 * MIB;
/** How much may be added to what is in use, in per cent, until it is looked for what is not. */
const GROWTH = 50;

/**
 * Keeps the heap of V8 near to what is in use: by itself it makes up to 128 MiB of room for what is young, and waits with
 * its old space until it is several times as large, and a server pays for both in each of its processes. An answer needs
 * neither. Both flags are read with every collection; after one of them the room for what is young may have shrunk.
 */
export function boundHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  let mayGrow: boolean | undefined;
  const look = (): void => {
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0;
    const isSmall = young < ENOUGH_YOUNG;
    if (isSmall !== mayGrow) setFlagsFromString(`--semi-space-growth-factor=${isSmall ? 2 : 1}`);
    mayGrow = isSmall;
  };
  look();
  new PerformanceObserver(look).observe({ entryTypes: ['gc'] });
}
