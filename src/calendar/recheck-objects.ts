import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { CALENDAR_COMPONENTS } from '../ical/component.ts';
import { ENGINE_VERSION } from '../ical/engine-version.ts';
import type { IndexEntry } from '../ical/index-entry.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { tzdataRelease } from '../ical/timezone.ts';
import { requiringReadableTimes } from '../ical/validate.ts';
import { getMeta, setMeta } from '../store/meta.ts';
import { SCHEMA_VERSION } from '../store/migrate.ts';
import { objectsByKey, recordCheck, type Checked, type CheckOutcome } from '../store/object-faults.ts';
import { objectsByIds } from '../store/objects.ts';
import type { CalendarContext } from './context.ts';
import { indexing } from './read-object.ts';

/** Objects of one page; their octets are read one at a time. */
const PAGE = 50;
/** Rows of one transaction, so that nobody waits long for the writer. */
const MOST_ROWS = 600;

/** What the index of all objects was last made with. */
const DONE = 'objects_checked';
/** How far a walk has come that is under way, and with what. */
const UNDER_WAY = 'objects_check_under_way';

export interface Rechecked {
  /** Objects that were looked at. */
  readonly checked: number;
  /** Those that cannot be used since now, and those that can again. */
  readonly faulty: readonly Checked[];
  readonly wellAgain: readonly Checked[];
  /** Those at which this program itself failed: they are faulty, too. */
  readonly failures: readonly { readonly id: string; readonly error: unknown }[];
}

/**
 * Checks every stored object, and indexes it anew, where what decides that is not the same as last time: the engine,
 * tzdata, a limit, the horizon. One that cannot be used (any more) is marked with the reason, and no question about time
 * finds it; its octets, entity tag and place in the sync stay as they are. It goes page by page in the order of keys,
 * each page in short transactions, and takes up where the last run was broken off. Where two do it at the same time, or
 * a client writes meanwhile, the same comes out.
 */
export async function* recheckObjects(context: CalendarContext): AsyncGenerator<Rechecked, void> {
  const { db } = context.store;
  const fingerprint = fingerprintOf(context);
  if ((await getMeta(db, DONE)) === fingerprint) return;
  for (let after = placeIn(await getMeta(db, UNDER_WAY), fingerprint); ;) {
    const page = await objectsByKey(db, { after, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.key;
    yield await checkAll(context, page, JSON.stringify({ fingerprint, after }));
  }
  await context.store.write((tx) => setMeta(tx, DONE, fingerprint));
}

/** A new database is not walked through when it has filled: what is written from now on is checked as it is written. */
export async function noteNothingStored(context: CalendarContext): Promise<void> {
  const { db, write } = context.store;
  if ((await getMeta(db, DONE)) !== undefined || (await objectsByKey(db, { after: 0, limit: 1 })).length > 0) return;
  await write((tx) => setMeta(tx, DONE, fingerprintOf(context)));
}

/** All that decides whether an object can be used, and its index. */
function fingerprintOf({ limits, settings }: CalendarContext): string {
  return JSON.stringify({
    engine: ENGINE_VERSION,
    // A migration may have left columns to be filled.
    schema: SCHEMA_VERSION,
    tzdata: tzdataRelease,
    recurrenceSteps: limits.recurrenceSteps,
    indexPastDays: settings.indexPastDays,
    indexFutureDays: settings.indexFutureDays,
  });
}

/** The key behind which a walk with the same fingerprint goes on. */
function placeIn(underWay: string | undefined, fingerprint: string): number {
  if (underWay === undefined) return 0;
  // Written above.
  const place = JSON.parse(underWay) as { readonly fingerprint: string; readonly after: number };
  return place.fingerprint === fingerprint ? place.after : 0;
}

/** What a check found: the index, or why there is none. */
type Finding = readonly [checked: Checked, found: IndexEntry | string];

/** With the place that the walk has come to, where it is one. */
async function checkAll(
  context: CalendarContext,
  page: readonly Pick<Checked, 'id'>[],
  place?: string,
): Promise<Rechecked> {
  const turns = createTurns();
  const outcomes = new Map<CheckOutcome, Checked[]>();
  const failures: { readonly id: string; readonly error: unknown }[] = [];
  let ready: Finding[] = [];
  const flush = async (reached?: string): Promise<void> => {
    const findings = ready;
    ready = [];
    for (const [outcome, checked] of await recordAll(context, findings, reached)) {
      outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), checked]);
    }
  };
  for (const { id } of page) {
    const [object] = await objectsByIds(context.store.db, [id]);
    if (object === undefined) continue;
    const found = await findingOf(context, object.octets, turns);
    if (found.error !== undefined) failures.push({ id, error: found.error });
    ready.push([object, found.index ?? found.fault]);
    if (ready.reduce((sum, [, each]) => sum + rowsOf(each), 0) > MOST_ROWS) await flush();
  }
  await flush(place);
  const [faulty, wellAgain] = [outcomes.get('faulty') ?? [], outcomes.get('well again') ?? []];
  return { checked: page.length, faulty, wellAgain, failures };
}

const rowsOf = (found: IndexEntry | string): number => (typeof found === 'string' ? 0 : found.occurrences.length);

async function recordAll(
  { store }: CalendarContext,
  findings: readonly Finding[],
  reached: string | undefined,
): Promise<readonly (readonly [CheckOutcome, Checked])[]> {
  return store.write(async (tx) => {
    const outcomes: [CheckOutcome, Checked][] = [];
    for (const [{ id, etag }, found] of findings) {
      const checked = { id, etag };
      outcomes.push([await recordCheck(tx, checked, found), checked]);
    }
    if (reached !== undefined) await setMeta(tx, UNDER_WAY, reached);
    return outcomes;
  });
}

type Found =
  | { readonly index: IndexEntry; readonly fault?: undefined; readonly error?: undefined }
  | { readonly index?: undefined; readonly fault: string; readonly error?: unknown };

async function findingOf(context: CalendarContext, octets: Uint8Array, turns: Turns): Promise<Found> {
  try {
    return { index: await inTurns(using(context, octets), turns) };
  } catch (error) {
    if (error instanceof Refusal) return { fault: error.message };
    // A mistake of ours must not keep the others from being checked; nothing but the octets was looked at.
    return { fault: `this version fails on it: ${error instanceof Error ? error.message : 'unknown'}`, error };
  }
}

/**
 * What is needed of octets to answer questions about time: that they can be parsed, their times read and their rules
 * expanded. What else a PUT asks for was asked when they were stored.
 *
 * @throws Refusal
 */
function* using(context: CalendarContext, octets: Uint8Array): Steps<IndexEntry> {
  const calendar = yield* parsingCalendar(octets);
  for (const component of calendar.components) {
    if (SUBJECTS.includes(component.name)) yield* requiringReadableTimes(component);
  }
  return yield* indexing(context, calendar);
}

const SUBJECTS: readonly string[] = CALENDAR_COMPONENTS;

/** Checks one object, whatever it was last checked with. */
export async function recheckObject(context: CalendarContext, id: string): Promise<void> {
  await checkAll(context, [{ id }]);
}
