import type { Steps } from '../base/steps.ts';
import type { Component } from './component.ts';
import { asBuffer } from './content-line.ts';
import { parsingCalendar } from './parse.ts';
import { createRawText } from './raw-text.ts';
import type { Budget, Instance, RecurrenceSet } from './recurrence.ts';
import { isSubject, knownSetOf, writingHalf, type Half } from './split-halves.ts';
import { splittingLists } from './split-lists.ts';
import { findingSplitPoint, firstFrom, invalidSplit, readingMaster, seriesOf } from './split-point.ts';
import type { Series, SplitPoint } from './split-point.ts';
import { splittingRule } from './split-rule.ts';
import { UTC, zonesOf } from './timezone.ts';

export interface Split {
  /** The `rid` parameter: a DATE or DATE-TIME in the form that goes with DTSTART. */
  readonly rid: string;
  /** UID of the object of the earlier instances. */
  readonly uid: string;
  /** A new UID that tells that both are of one set, where none does yet. */
  readonly relatedTo: string;
  readonly budget: Budget;
}

/** The two parts of a series, as calendar objects. */
export interface SplitSeries {
  /** With the new UID. */
  readonly earlier: Uint8Array;
  readonly later: Uint8Array;
}

/**
 * Splits a recurring calendar object at the next instance on or after `rid`, caldav-recursplit §3. What the text does not
 * change stays octet for octet in both parts; DTEND and DUE move with DTSTART. Together, the parts have the instances that
 * the object had: where they would not, it is not split.
 *
 * Throws valid-rid-parameter, invalid-split, and what a recurrence set throws.
 */
export function* splittingSeries(octets: Uint8Array, calendar: Component, split: Split): Steps<SplitSeries> {
  const subjects = calendar.components.filter(isSubject);
  const series = seriesOf(calendar, subjects);
  const point = yield* findingSplitPoint(series, split.rid, split.budget);
  const rule = yield* splittingRule(series, point, split.budget);
  // In the absence of a rule, the first RDATE (caldav-recursplit §3, 2.E).
  const start = rule.next ?? (yield* firstFrom(yield* readingMaster(series), point.instant, split.budget));
  const lists = yield* splittingLists(series, point, start?.start);
  const relatedTo = knownSetOf(subjects) ?? split.relatedTo;
  const raw = createRawText(asBuffer(octets).toString('utf8'));
  const writing = (half: Half): Steps<string> => writingHalf(calendar, raw, { series, point, half });
  const earlier = Buffer.from(
    yield* writing({ part: 'earlier', rule: rule.earlier, uid: split.uid, relatedTo, lists }),
  );
  const later = Buffer.from(yield* writing({ part: 'later', rule: rule.later, start, relatedTo, lists }));
  yield* requiringWhole({ series, point, earlier, later, budget: split.budget });
  return { earlier, later };
}

interface Outcome extends SplitSeries {
  readonly series: Series;
  readonly point: SplitPoint;
  readonly budget: Budget;
}

/** Instances of each part that are compared with those of the whole. */
const COMPARED = 200;

/**
 * A rule counts from DTSTART: every second month, or a day that SKIP has moved, may be another one from another start.
 * Throws invalid-split.
 */
function* requiringWhole({ series, point, earlier, later, budget }: Outcome): Steps<void> {
  const whole = yield* readingMaster(series);
  const { instant } = point;
  const before = yield* readingPart(earlier);
  const after = yield* readingPart(later);
  const all = { from: -Infinity, to: Infinity };
  const isSame =
    (yield* comparing(whole.instances({ from: -Infinity, to: instant }, budget), before.instances(all, budget))) &&
    (yield* comparing(
      startingFrom(whole.instances({ from: instant, to: Infinity }, budget), instant),
      after.instances(all, budget),
    ));
  if (!isSame) throw invalidSplit('From another start, the rule would not have the same instances');
}

function* readingPart(octets: Uint8Array): Steps<RecurrenceSet> {
  const calendar = yield* parsingCalendar(octets);
  const subjects = calendar.components.filter(isSubject);
  const master = subjects.find(({ properties }) => !properties.some(({ name }) => name === 'RECURRENCE-ID'));
  if (master === undefined) throw invalidSplit('The object does not recur');
  return yield* readingMaster({ master, context: { zones: zonesOf(calendar), floating: UTC } });
}

function* startingFrom(instances: Iterable<Instance>, from: number): Generator<Instance> {
  for (const instance of instances) if (instance.start >= from) yield instance;
}

/** Whether the first instances of both are the same. */
function* comparing(one: Iterator<Instance>, other: Iterator<Instance>): Steps<boolean> {
  for (let count = 0; count < COMPARED; count += 1) {
    yield;
    const [left, right] = [one.next(), other.next()];
    if (left.done === true || right.done === true) return left.done === right.done;
    if (left.value.start !== right.value.start || left.value.end !== right.value.end) return false;
  }
  return true;
}
