import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { CALENDAR_COMPONENTS } from '../ical/component.ts';
import type { CompFilter } from '../ical/filter.ts';
import { matchingFilter, narrowing } from '../ical/filter.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { isSpent } from '../ical/recurrence.ts';
import type { Zone } from '../ical/timezone.ts';
import {
  candidatesInRange,
  keysWithText,
  keysWithUid,
  objectsByKeys,
  objectsByNames,
  type Candidate,
  type SoughtText,
} from '../store/objects.ts';
import type { CalendarContext } from './context.ts';
import { asksForTime, faultsIn, isFault } from './fault.ts';
import { listObjects } from './get-objects.ts';
import type { CalendarObject, Collection, ObjectHead } from './model.ts';
import { isShaped, shownObjects } from './shown-object.ts';

export interface ObjectQuery {
  readonly filter: CompFilter;
  /** The zone of floating and all-day times (RFC 4791 §9.8). */
  readonly floating: Zone;
  /** Whether the matches are wanted with their octets. */
  readonly octets: boolean;
}

/** Candidates whose octets are read at a time. */
const PAGE = 100;

/**
 * The members of a calendar that match a filter (RFC 4791 §7.8): SQL narrows by component, time window and text, the
 * filter decides exactly wherever the index alone does not prove the match. Without octets asked for, `octets` may
 * still be on what is yielded.
 */
export async function* queryObjects(
  context: CalendarContext,
  collection: Collection,
  query: ObjectQuery,
): AsyncGenerator<ObjectHead | CalendarObject, void> {
  const { components, range, decidedByIndex, texts, uid } = narrowing(query.filter);
  // Where the form is another than the stored one, so may the texts be.
  const isByText = (texts ?? uid) !== undefined && collection.kind === 'calendar' && !isShaped(collection);
  const withText = () => objectsWithText(context, collection, { texts, uid, components });
  if (range === undefined) {
    yield* decideAll(context, collection, query, isByText ? withText() : listed(context, collection, components));
    return;
  }
  const turns = createTurns();
  // What the index is asked is one piece of work: of many such questions that come in together, one is asked in a turn.
  if (turns.isDue()) await turns.take();
  const candidates = await candidatesInRange(context.store.db, collection.id, {
    ...range,
    ...(components === undefined ? {} : { components }),
  });
  if (isByText && candidates.length > PAGE) {
    const ids = new Set(candidates.map(({ id }) => id));
    yield* decideAll(
      context,
      collection,
      query,
      keeping(withText(), ({ id }) => ids.has(id)),
    );
    return;
  }
  for (let from = 0; from < candidates.length; from += PAGE) {
    if (turns.isDue()) await turns.take();
    yield* decide(context, collection, query, { page: candidates.slice(from, from + PAGE), decidedByIndex, turns });
  }
}

type Pages = AsyncGenerator<readonly CalendarObject[], void>;

async function* keeping(pages: Pages, isKept: (object: CalendarObject) => boolean): Pages {
  for await (const page of pages) yield page.filter(isKept);
}

const listed = (context: CalendarContext, collection: Collection, components: readonly string[] | undefined): Pages =>
  keeping(listObjects(context, collection), ({ component }) => components?.includes(component) ?? true);

/** The members that may have the UID, or one of the texts, as they are stored. */
async function* objectsWithText(
  { store }: CalendarContext,
  { id }: Collection,
  { texts = [], uid, components = CALENDAR_COMPONENTS }: Sought,
): Pages {
  const pages = uid === undefined ? keysWithText(store.db, id, texts) : keysWithUid(store.db, id, uid);
  for await (const keys of pages) {
    for (let from = 0; from < keys.length; from += PAGE) {
      const found = await objectsByKeys(store.db, keys.slice(from, from + PAGE), components);
      // A key may be somebody else's by now: see candidates.ts.
      yield found.filter(({ collectionId }) => collectionId === id);
    }
  }
}

interface Sought {
  readonly texts: readonly SoughtText[] | undefined;
  readonly uid: string | undefined;
  readonly components: readonly string[] | undefined;
}

interface Undecided {
  readonly page: readonly Candidate[];
  readonly decidedByIndex: boolean;
  readonly turns: Turns;
}

async function* decide(
  context: CalendarContext,
  collection: Collection,
  query: ObjectQuery,
  { page, decidedByIndex, turns }: Undecided,
): AsyncGenerator<ObjectHead | CalendarObject, void> {
  const proved = (candidate: Candidate): boolean => decidedByIndex && candidate.decided;
  // Where the form is another, the tag, too, depends on the octets.
  const isRead = query.octets || isShaped(collection);
  const toRead = isRead ? page : page.filter((candidate) => !proved(candidate));
  const names = toRead.map(({ name }) => name);
  const read = names.length === 0 ? [] : await objectsByNames(context.store.db, collection.id, names);
  const byName = new Map((await shownObjects(context, collection, read)).map((object) => [object.name, object]));
  for (const candidate of page) {
    if (turns.isDue()) await turns.take();
    const object = byName.get(candidate.name);
    if (proved(candidate)) {
      if (object !== undefined || !isRead) yield object ?? candidate;
    } else if (object !== undefined && (await matches(context, query, object, turns))) {
      yield object;
    }
  }
}

async function* decideAll(
  context: CalendarContext,
  collection: Collection,
  query: ObjectQuery,
  pages: Pages,
): AsyncGenerator<CalendarObject, void> {
  const turns = createTurns();
  const faults = asksForTime(query.filter) ? await faultsIn(context, collection) : NO_FAULTS;
  for await (const page of pages) {
    for (const object of page) {
      if (turns.isDue()) await turns.take();
      if (!faults.has(object.id) && (await matches(context, query, object, turns))) yield object;
    }
  }
}

const NO_FAULTS: ReadonlyMap<string, string> = new Map();

/** Whether one member matches, as queryObjects has it. */
export async function matchesQuery(
  context: CalendarContext,
  collection: Collection,
  query: ObjectQuery,
  object: CalendarObject,
): Promise<boolean> {
  const isLeftOut = asksForTime(query.filter) && (await faultsIn(context, collection)).has(object.id);
  return !isLeftOut && matches(context, query, object, createTurns());
}

/**
 * Whether a filter asks for the component alone, which is known without the octets: so the listing that some clients
 * make of it has what cannot be parsed (any more), too. Undefined: it asks for more.
 */
function ofComponent({ name, isNotDefined, timeRange, props, comps }: CompFilter): string | undefined {
  const [only] = comps;
  const isPlain = name === 'VCALENDAR' && !isNotDefined && timeRange === undefined && props.length === 0;
  if (!isPlain || only === undefined || comps.length > 1 || !INDEXED.includes(only.name)) return undefined;
  const asksForMore = only.isNotDefined || only.props.length + only.comps.length > 0 || only.timeRange !== undefined;
  return asksForMore ? undefined : only.name;
}

const INDEXED: readonly string[] = CALENDAR_COMPONENTS;

async function matches(
  { limits }: CalendarContext,
  { filter, floating }: ObjectQuery,
  { component, octets }: CalendarObject,
  turns: Turns,
): Promise<boolean> {
  if (ofComponent(filter) === component) return true;
  const budget = { steps: limits.recurrenceSteps };
  try {
    const calendar = await inTurns(parsingCalendar(octets), turns);
    return await inTurns(matchingFilter(calendar, filter, { floating, budget }), turns);
  } catch (error) {
    // One object that cannot be used (any more) must not hide the others. It stays in listings, sync and GET. One that
    // takes more work than a question may is told rather than missed: its client decides.
    if (!isFault(error)) throw error;
    return isSpent(budget);
  }
}
