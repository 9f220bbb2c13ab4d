import { type Measurement, ratioOf } from './measure.ts';
import { putName, removeName } from './writes.ts';
import type { Miss, SizeResult, Target } from './table.ts';

/**
 * CPU milliseconds of the floor's GET on the machine that the targets were set on, in a quiet hour. What this run's floor
 * costs more or less than that, everything else may cost more or less, too: so every figure is a number of floors, and is
 * told in milliseconds at this floor.
 */
export const REFERENCE_FLOOR = 0.07;

/** In the short form others may use the machine, and what is larger loses more of its caches to them than the floor. */
export const SHORT_SLACK = 1.5;

/** Most that a question may cost at 1,000 and at 10,000 events, in CPU milliseconds at the floor of reference. */
type Limits = readonly [thousand: number, tenThousand: number];
const SIZES = [1000, 10_000];

const LIMITS: readonly (readonly [scenario: string, limits: Limits])[] = [
  ['get', [0.2, 0.2]],
  ['ctag', [0.2, 0.2]],
  ['list', [3, 28]],
  ['multiget 50', [0.9, 0.9]],
  ['multiget 500', [7, 7]],
  ['sync, no change', [0.25, 0.25]],
  ['sync, 10 changes', [0.5, 0.5]],
  ['query week', [3, 20]],
  ['expand week', [8, 60]],
  ['free-busy week', [2, 15]],
  ['text', [2, 15]],
  [putName(1), [1, 1]],
  [removeName(1), [0.8, 0.8]],
  [putName(8), [0.5, 0.5]],
  [removeName(8), [0.35, 0.35]],
];

/**
 * Targets that are missed, by the names of their rows: what they are at most in the long form, so that they get no worse, and
 * why. docs/performance.md tells more of each. A row that holds again is taken out.
 */
const MULTIGET =
  'between 5.6 and 7.6 in the runs of one day (50: 0.67 to 0.92): a Buffer for each event, its text, and garbage of both, see docs';
const MISSES: Readonly<Record<string, Miss>> = {
  'multiget 50, 1,000 events': { limit: 1, why: MULTIGET },
  'multiget 500, 1,000 events': { limit: 7.8, why: MULTIGET },
  'multiget 500, 10,000 events': { limit: 7.8, why: MULTIGET },
};

export const withMisses = (targets: readonly Target[], misses = MISSES): Target[] =>
  targets.map((target) => ({ ...target, miss: misses[target.name] }));

/** What may not grow with the calendar. A tenth more is noise; a third more is not. */
const FLAT = ['sync, no change', 'sync, 10 changes'];
const FLAT_LIMIT = 1.3;

/** Most that a question may cost with so many events; undefined where no target says it. */
export const limitOf = (scenario: string, events: number): number | undefined =>
  LIMITS.find(([name]) => name === scenario)?.[1][SIZES.indexOf(events)];

/** Whether a question or a write is called so in part. */
export const isAnyAsked = (only: string): boolean =>
  ['put', ...LIMITS.map(([name]) => name)].some((name) => name.includes(only));

export const eventsText = (events: number): string => `${events.toLocaleString('en-US')} events`;

const found = (size: SizeResult | undefined, name: string): (Measurement & { readonly floors: number }) | undefined =>
  size?.measurements.find(({ scenario }) => scenario === name);

interface Judged {
  readonly isShort: boolean;
  /** A part of the names of what was asked; what was not asked has no row then. */
  readonly only: string;
}

/** A row for each question and size that a limit is known for. What should have been measured and was not is NaN: it fails. */
export function speedTargets(sizes: readonly SizeResult[], { isShort, only }: Judged): Target[] {
  const slack = isShort ? SHORT_SLACK : 1;
  return LIMITS.filter(([scenario]) => scenario.includes(only)).flatMap(([scenario, limits]) =>
    sizes
      .filter(({ events }) => SIZES.includes(events))
      .map((size) => ({
        name: `${scenario}, ${eventsText(size.events)}`,
        limit: limits[SIZES.indexOf(size.events)]! * slack,
        seen: (found(size, scenario)?.floors ?? Number.NaN) * REFERENCE_FLOOR,
        unit: `ms CPU at a floor of ${REFERENCE_FLOOR}`,
      })),
  );
}

/** Batches of the largest calendar against those of the smallest, which were run in turns. */
export function flatTargets(sizes: readonly SizeResult[], only: string): Target[] {
  const [smallest, largest] = [sizes[0], sizes.at(-1)];
  if (smallest === undefined || largest === undefined || smallest === largest) return [];
  return FLAT.filter((scenario) => scenario.includes(only)).map((scenario) => {
    const [small, large] = [found(smallest, scenario), found(largest, scenario)];
    return {
      name: `${scenario}: ${eventsText(largest.events)} against ${smallest.events.toLocaleString('en-US')}`,
      limit: FLAT_LIMIT,
      seen: small && large ? ratioOf(large, small) : Number.NaN,
      unit: 'x',
    };
  });
}

/** Waits for the disk of one PUT, as the server counts them. NaN where the database counts them itself: no row then. */
export function syncTargets(sizes: readonly SizeResult[]): Target[] {
  const writers = [...new Set(sizes.flatMap(({ syncs }) => syncs.map((each) => each.writers)))];
  return writers.flatMap((count) => {
    const seen = sizes.flatMap(({ syncs }) =>
      syncs.filter((each) => each.writers === count).map((each) => each.perPut),
    );
    if (seen.length === 0 || seen.every(Number.isNaN)) return [];
    return {
      name: count === 1 ? 'disk syncs of one PUT' : `disk syncs of a PUT, ${count} at once`,
      // A job of the server's own may have its turn beside one writer: once in some hundreds.
      limit: count === 1 ? 1.01 : 1,
      seen: Math.max(...seen),
      unit: 'syncs',
    };
  });
}
