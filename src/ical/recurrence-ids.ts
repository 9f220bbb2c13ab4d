import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { propertiesOf, type Component, type Property } from './component.ts';
import { P } from './names.ts';
import { wallAt, type Form } from './recurrence-timing.ts';
import { parseRule, type Rule } from './rrule.ts';
import { spend, type Budget } from './rrule-budget.ts';
import { lowerBound } from './rrule-days.ts';
import { wallRule, type WallRule } from './rrule-walls.ts';
import { periodsOf, type Instant, type Period, type TimeValue, type WallTime } from './time-value.ts';
import { zoneOfTime, type ZoneContext } from './timezone.ts';

const DAY = 86_400_000;

/** An original start: what RECURRENCE-ID names. */
export interface Id {
  readonly instant: Instant;
  /** In the zone of DTSTART. */
  readonly wall: WallTime;
  /** From RDATE;VALUE=PERIOD, which has an end of its own. */
  readonly period: Period | undefined;
}

/** Gives the next id at each call, in order of instants; undefined at the end. */
export type IdCursor = () => Id | undefined;

/** The original starts of a series: RRULE and RDATE with DTSTART, less EXDATE and EXRULE (RFC 5545 §3.8.5). */
export interface Ids {
  readonly recurring: boolean;
  isEndless(): boolean;
  /** No id is later; Infinity when it is endless. */
  bound(): Instant;
  /** All ids that are not before an instant. */
  from(instant: Instant, budget: Budget): IdCursor;
  /** Ends of RDATE periods may lie so far after their start. */
  readonly periods: readonly Id[];
}

interface BoundRule {
  readonly walls: WallRule;
  /** UNTIL as an instant, where the wall time cannot say it. */
  readonly until: Instant;
}

/** The least and greatest offset within two days of an instant. */
function offsetsAround({ zone }: Form, instant: Instant): readonly [number, number] {
  const [before, now, after] = [
    zone.offsetAt(instant - 2 * DAY),
    zone.offsetAt(instant),
    zone.offsetAt(instant + 2 * DAY),
  ];
  return [Math.min(before, now, after), Math.max(before, now, after)];
}

/**
 * UNTIL as the last wall time (RFC 5545 §3.3.10). It should be a DATE for dates and in UTC for zoned times; programs
 * mix them. A date ends a series of times with that whole day; a time ends a series of dates on the date it writes;
 * a local time is one of DTSTART's zone; UTC beside floating times is read as it is written.
 */
function untilWall(until: TimeValue, form: Form): WallTime {
  if (form.kind === 'date') return Math.floor(until.wall / DAY) * DAY;
  if (until.kind === 'date') return until.wall + DAY - 1000;
  return until.kind === 'utc' && form.kind === 'zoned' ? until.wall + offsetsAround(form, until.wall)[1] : until.wall;
}

function bindRule(rule: Rule, start: WallTime, form: Form): BoundRule {
  const { until } = rule;
  const wall = until === undefined ? Infinity : untilWall(until, form);
  const inUtc = until?.kind === 'utc' && form.kind === 'zoned';
  return {
    walls: wallRule(rule, { start, isDate: form.kind === 'date', until: wall }),
    until: inUtc ? until.wall : Infinity,
  };
}

function readRules(component: Component, name: string, start: WallTime, form: Form): BoundRule[] {
  return propertiesOf(component, name).map((property) => {
    const where = `${name} (line ${property.line})`;
    const rule = parseRule(property.value);
    if ('fault' in rule) throw new Refusal(rule.code ?? 'valid-calendar-data', `${where}: ${rule.fault}`);
    try {
      return bindRule(rule, start, form);
    } catch (cause) {
      if (cause instanceof Refusal) throw new Refusal(cause.code, `${where}: ${cause.message}`, { cause });
      throw cause;
    }
  });
}

/**
 * The times of one rule as ids. They come in order of wall time; a time in a gap is later than those that follow the
 * gap, so it is held back until they have passed.
 */
function ruleCursor({ walls, until }: BoundRule, form: Form, from: Instant, budget: Budget): IdCursor {
  const { zone } = form;
  const next = walls.cursor(Number.isFinite(from) ? from + offsetsAround(form, from)[0] : from, budget);
  const held: Id[] = [];
  let ready: Id | undefined;
  const read = (): Id | undefined => {
    const wall = next();
    return wall === Infinity ? undefined : { instant: zone.toUtc(wall), wall, period: undefined };
  };
  const take = (): Id | undefined => {
    for (;;) {
      const first = held[0];
      ready ??= read();
      if (ready === undefined) return held.shift();
      if (first !== undefined && first.instant <= ready.instant) return held.shift();
      const id = ready;
      ready = undefined;
      if (id.wall - id.instant === zone.offsetAt(id.instant)) return id;
      held.push(id);
    }
  };
  let last = -Infinity;
  return () => {
    let id = take();
    // A time in a gap and one after it may be the same instant.
    while (id !== undefined && (id.instant < from || id.instant === last)) id = take();
    if (id === undefined || id.instant > until) return undefined;
    last = id.instant;
    return id;
  };
}

function listCursor(ids: readonly Id[], instants: Float64Array, from: Instant): IdCursor | undefined {
  let at = lowerBound(instants, from);
  return at === ids.length ? undefined : () => ids[at++];
}

/** Several cursors as one; the same instant comes once, with its period where it has one. */
function mergeIds(cursors: readonly IdCursor[]): IdCursor {
  const [only] = cursors;
  if (only !== undefined && cursors.length === 1) return only;
  const heads = cursors.map((cursor) => cursor());
  return () => {
    let best: Id | undefined;
    for (const head of heads) {
      if (head === undefined) continue;
      const isSame = head.instant === best?.instant;
      if (best === undefined || head.instant < best.instant || (isSame && best.period === undefined)) best = head;
    }
    if (best === undefined) return undefined;
    for (let i = 0; i < heads.length; i++) {
      while (heads[i]?.instant === best.instant) heads[i] = cursors[i]?.();
    }
    return best;
  };
}

function readList(property: Property): Period[] {
  return periodsOf(property).map((period) => {
    if (period !== undefined) return period;
    const text = `${property.name} cannot be read: ${property.value.slice(0, 60)} (line ${property.line})`;
    throw new Refusal('valid-calendar-data', text);
  });
}

/**
 * The id that a time of RDATE means beside DTSTART. The value types should agree (RFC 5545 §3.8.5.2); a date in a
 * series of times means that day at the time of DTSTART, a time in a series of dates its date.
 */
function idOf(period: Period, start: TimeValue, form: Form, context: ZoneContext): Id {
  const { start: time } = period;
  const own = period.end === undefined && period.duration === undefined ? undefined : period;
  if (form.kind === 'date' || time.kind === 'date') {
    const timeOfDay = start.wall - Math.floor(start.wall / DAY) * DAY;
    const wall = Math.floor(time.wall / DAY) * DAY + timeOfDay;
    return { instant: form.zone.toUtc(wall), wall, period: form.kind === 'date' ? undefined : own };
  }
  const zone = time.kind === 'floating' ? form.zone : zoneOfTime(time, context);
  const instant = zone.toUtc(time.wall);
  return { instant, wall: zone === form.zone ? time.wall : wallAt(form, instant), period: own };
}

/** What EXDATE takes out: instants, and whole days where its value type is not that of DTSTART. */
interface Exclusions {
  readonly instants: ReadonlySet<Instant>;
  readonly days: ReadonlySet<WallTime>;
}

/**
 * EXDATE (RFC 5545 §3.8.5.1). A date takes a day out of a series of times, as Outlook and Google write it; a time takes
 * its date out of a series of dates; a floating time is one of DTSTART's zone.
 */
function* readingExclusions(component: Component, form: Form, context: ZoneContext): Steps<Exclusions> {
  const instants = new Set<Instant>();
  const days = new Set<WallTime>();
  for (const property of propertiesOf(component, P.EXDATE)) {
    yield;
    for (const { start: time } of readList(property)) {
      if (form.kind === 'date' || time.kind === 'date') days.add(Math.floor(time.wall / DAY) * DAY);
      else instants.add((time.kind === 'floating' ? form.zone : zoneOfTime(time, context)).toUtc(time.wall));
    }
  }
  return { instants, days };
}

/** Leaves out what EXDATE and EXRULE (RFC 2445 §4.8.5.2, still found) exclude. */
function without(ids: IdCursor, { instants, days }: Exclusions, excluded: IdCursor, budget: Budget): IdCursor {
  let head = excluded();
  return () => {
    for (let id = ids(); id !== undefined; id = ids()) {
      const { instant, wall } = id;
      while (head !== undefined && head.instant < instant) head = excluded();
      const isOut = instants.has(instant) || (days.size > 0 && days.has(Math.floor(wall / DAY) * DAY));
      if (!isOut && head?.instant !== instant) return id;
      spend(budget);
    }
    return undefined;
  };
}

/** Each instant once (RFC 5545 §3.8.5.2), with its period where it has one. */
function once(sorted: readonly Id[]): readonly Id[] {
  const ids: Id[] = [];
  for (const id of sorted) {
    const last = ids.at(-1);
    if (last?.instant !== id.instant) ids.push(id);
    else if (last.period === undefined) ids[ids.length - 1] = id;
  }
  return ids;
}

/** Reads the recurrence properties of a component whose anchor (DTSTART, or DUE) is `start`, list by list. */
export function* readingIds(component: Component, start: TimeValue, form: Form, context: ZoneContext): Steps<Ids> {
  const rules = readRules(component, P.RRULE, start.wall, form);
  const exRules = readRules(component, P.EXRULE, start.wall, form);
  const rdates: Id[] = [];
  for (const property of propertiesOf(component, P.RDATE)) {
    yield;
    for (const period of readList(property)) rdates.push(idOf(period, start, form, context));
  }
  // DTSTART is the first instance, whether or not a rule generates it (RFC 5545 §3.8.2.4, §3.8.5.3).
  const first: Id = { instant: form.zone.toUtc(start.wall), wall: start.wall, period: undefined };
  const listed = once([first, ...rdates].sort((a, b) => a.instant - b.instant));
  const instants = Float64Array.from(listed, ({ instant }) => instant);
  const exclusions = yield* readingExclusions(component, form, context);
  const excludes = exclusions.instants.size + exclusions.days.size + exRules.length > 0;
  const cursors = (bound: readonly BoundRule[], from: Instant, budget: Budget): IdCursor[] =>
    bound.map((rule) => ruleCursor(rule, form, from, budget));
  return {
    recurring: rules.length + rdates.length > 0,
    isEndless: () => rules.some(({ walls }) => walls.bound() === Infinity),
    periods: rdates.filter(({ period }) => period !== undefined),
    bound: () =>
      rules.reduce(
        (latest, { walls, until }) =>
          Math.max(latest, Math.min(until, walls.bound() - form.zone.offsetAt(walls.bound()) + 2 * DAY)),
        listed.at(-1)?.instant ?? first.instant,
      ),
    from(instant, budget) {
      const all = mergeIds([...cursors(rules, instant, budget), listCursor(listed, instants, instant) ?? []].flat());
      return excludes ? without(all, exclusions, mergeIds(cursors(exRules, instant, budget)), budget) : all;
    },
  };
}
