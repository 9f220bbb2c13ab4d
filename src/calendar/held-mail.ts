import { paramOf, type Component, type Property } from '../ical/component.ts';
import { parseCalendars } from '../ical/parse.ts';
import { attendeesOf, isOneOf, type IsMe } from '../itip/address.ts';
import { answersBefore, type KeptAnswers } from '../itip/answers-kept.ts';
import { coalesce } from '../itip/coalesce.ts';
import { plain, utcText, withProperty } from '../itip/component-edit.ts';
import { wasBefore } from '../itip/copy-differences.ts';
import { copyComponents, copyFor } from '../itip/copy.ts';
import { METHODS } from '../itip/message-rules.ts';
import { makeMessage, type ItipMessage } from '../itip/message.ts';
import { ITIP_COMPONENTS, readSeries } from '../itip/series.ts';
import type { Change } from '../itip/significance.ts';
import { isSameTold, NOTHING_TOLD, toldAfter, toldOfCopy, type Told } from '../itip/told.ts';
import { P } from '../ical/names.ts';
import type { HeldMail } from '../store/mail-messages.ts';

/** The organizer's object that messages tell of, before the change and as it is stored. */
export interface About {
  readonly before: Component | undefined;
  readonly after: Component | undefined;
  /** In whose name another has written it: what every message of the change has gone through. */
  sign?(message: ItipMessage): ItipMessage;
}

/** What stood before a change that can still be undone. */
export interface Baseline {
  readonly told: Told;
  readonly answers: KeptAnswers;
}

/** A message to one person, and what is known of those before it. */
export interface Arriving {
  readonly message: ItipMessage;
  readonly why: string;
  readonly changes: readonly Change[];
  readonly held: readonly HeldMail[];
  /** JSON: what was said last that is past holding. */
  readonly told: string | undefined;
  /** What was said last has not arrived. */
  readonly isBehind: boolean;
}

/** What is to be sent in the place of what was held. */
export interface Merged {
  readonly messages: readonly {
    readonly message: ItipMessage;
    readonly why: string;
    readonly changes: readonly Change[];
  }[];
  readonly told: Told;
  readonly baseline: Baseline;
  /** There is nothing to be said any more. */
  readonly isUndone: boolean;
}

/** Methods of which each says how things stand: where they stand as before, none is to be sent. */
const STATES: ReadonlySet<string> = new Set(['REQUEST', 'CANCEL', 'REPLY']);

/** What the first of several messages of one change has come to. */
interface Earlier extends Merged {
  /** With the others, too: nothing is left to be said. */
  readonly isDone: boolean;
}

/** By the keys of those who are told of a change by several messages. */
const EARLIER = new WeakMap<About, Map<string, Earlier>>();

function earlierOf(about: About | undefined): Map<string, Earlier> {
  const known = (about && EARLIER.get(about)) ?? new Map<string, Earlier>();
  if (about !== undefined) EARLIER.set(about, known);
  return known;
}

/** Puts messages together for those who are alike: they get the same message, and all of them are in the same of the object. */
export function merging(about: About | undefined, to: string, now: number) {
  const me = isOneOf(to);
  const before = once(() => toldOfCopy(about?.before, me));
  const after = once(() => toldOfCopy(about?.after, me));
  const whole = once(() => wholeRequest(about, me, now));
  const answers = once(() => answersBefore(about?.before, about?.after));
  const lost = once(() => undeliveredIn(about?.before));
  const cache = new Map<string, readonly ItipMessage[]>();
  const earlier = earlierOf(about);
  return (key: string, arriving: Arriving, octetsOf: (sharedKey: number) => Uint8Array | undefined): Merged => {
    const { held, why } = arriving;
    const isLost = lost().has(key);
    const isBehind = arriving.isBehind || isLost;
    const past = held.length === 0 ? earlier.get(key) : undefined;
    if (past?.isDone === true && STATES.has(arriving.message.method)) return past;
    // Who does not know what it builds on is told all.
    const all = isBehind ? whole() : undefined;
    const isAll = all !== undefined && saysAll(all, arriving.message);
    const message = isAll ? all : arriving.message;
    const known = baselineOf(held) ?? past?.baseline;
    const unwritten = isLost ? () => NOTHING_TOLD : before;
    const told = known?.told ?? (arriving.told === undefined ? unwritten() : toldFrom(arriving.told));
    const baseline = { told, answers: { ...known?.answers, ...(about === undefined ? {} : answers()(key)) } };
    const isKnown = Object.keys(told).length > 0;
    const name = `${isKnown} ${isBehind} ${held.map(({ sharedKey }) => sharedKey).join(' ')}`;
    const put = cache.get(name) ?? together(held, message, { isKnown, whole, octetsOf });
    cache.set(name, put);
    const now = about === undefined ? put.reduce(toldAfter, told) : after();
    const isForced = [why, ...held.map((each) => each.why)].includes('forced');
    const isUndone = held.length > 0 && !isForced && isSameTold(told, now, about?.after);
    const left = isUndone ? put.filter(({ method }) => !STATES.has(method)) : put;
    const merged = {
      messages: labelled(left, arriving, isKnown || about === undefined),
      told: now,
      baseline,
      isUndone,
    };
    const isDone = isUndone || isAll;
    if (isDone || left.length === 0) earlier.set(key, { ...merged, messages: [], isDone });
    return merged;
  };
}

/** Whom nothing reached at last, as when no mail could be sent yet (RFC 6638 §3.2.9): keys of their addresses. */
function undeliveredIn(organized: Component | undefined): ReadonlySet<string> {
  const known = organized && UNDELIVERED.get(organized);
  if (known !== undefined) return known;
  const lines = (organized?.components ?? []).flatMap((each) => [...attendeesOf(each)]);
  const isLost = (line: Property): boolean => /^5\./.test(paramOf(line, 'SCHEDULE-STATUS') ?? '');
  const found = new Set(lines.flatMap(([key, line]) => (isLost(line) ? [key] : [])));
  if (organized !== undefined) UNDELIVERED.set(organized, found);
  return found;
}

/** Where guests are hidden, each has a message of his own. */
const UNDELIVERED = new WeakMap<Component, ReadonlySet<string>>();

/** Whether a REQUEST of all that somebody has says what another message says: that days are off only with the master. */
function saysAll(whole: ItipMessage, { method, calendar }: ItipMessage): boolean {
  if (method !== 'CANCEL') return method === 'REQUEST';
  return readSeries(whole.calendar)?.master !== undefined && readSeries(calendar)?.master === undefined;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

// Written by queue-mail.ts.
const toldFrom = (json: string): Told => JSON.parse(json) as Told;

function baselineOf([first]: readonly HeldMail[]): Baseline | undefined {
  // Written by queue-mail.ts.
  return first?.baseline === undefined ? undefined : (JSON.parse(first.baseline) as Baseline);
}

interface Putting {
  readonly isKnown: boolean;
  readonly whole: () => ItipMessage | undefined;
  readonly octetsOf: (sharedKey: number) => Uint8Array | undefined;
}

function together(
  held: readonly HeldMail[],
  message: ItipMessage,
  { isKnown, whole, octetsOf }: Putting,
): readonly ItipMessage[] {
  if (held.length === 0) return [message];
  const messages = [...held.map((each) => readHeld(each, octetsOf(each.sharedKey))), message];
  return coalesce({ messages, isKnown, whole: whole() });
}

/** A message that was written by this server: whatever an organizer has put into it, it was to be sent. */
function readHeld({ method }: HeldMail, octets: Uint8Array | undefined): ItipMessage {
  const known = METHODS.find((each) => each === method);
  const calendar = octets && parseCalendars(octets).calendars[0];
  if (known === undefined || calendar === undefined) throw new TypeError('a held message cannot be read');
  const components = calendar.components.filter(({ name }) => ITIP_COMPONENTS.has(name));
  return makeMessage(known, components, [calendar]);
}

/** All that somebody has of the object when the change is told. */
function wholeRequest(about: About | undefined, me: IsMe, now: number): ItipMessage | undefined {
  const series = about?.after && readSeries(about.after);
  const copy = series && copyFor(series, me);
  if (about === undefined || series === undefined || copy === undefined) return undefined;
  const stamp = plain(P.DTSTAMP, utcText(now));
  const message = makeMessage(
    'REQUEST',
    copyComponents(copy).map((component) => withProperty(component, stamp)),
    [series.calendar],
  );
  return about.sign?.(message) ?? message;
}

/** What the texts of mails say of each message. */
function labelled(messages: readonly ItipMessage[], arriving: Arriving, isKnown: boolean): Merged['messages'] {
  const { held, why, changes } = arriving;
  const isFirst = (message: ItipMessage): boolean => message.method === 'REQUEST' && !isKnown;
  if (held.length === 0) {
    return messages.map((message) => ({ message, why: isFirst(message) ? 'invited' : why, changes }));
  }
  const whys = [...held.map((each) => each.why), why];
  // Written by queue-mail.ts.
  const all = mergedChanges([...held.flatMap((each) => JSON.parse(each.changes) as readonly Change[]), ...changes]);
  const isSplit = messages.length > 1;
  return messages.map((message) => {
    const isEnd = message.method === 'CANCEL';
    const own = all.filter(({ what }) => (isEnd || isSplit ? (what === 'cancelled') === isEnd : true));
    return { message, why: whyOf(message, whys, isKnown), changes: own };
  });
}

const isEnding = (why: string): boolean => why === 'cancelled' || why === 'removed';

function whyOf({ method }: ItipMessage, whys: readonly string[], isKnown: boolean): string {
  if (method === 'CANCEL') return whys.findLast(isEnding) ?? 'cancelled';
  if (method !== 'REQUEST') return whys.at(-1) ?? 'answer';
  return isKnown ? (whys.findLast((each) => !isEnding(each) && each !== 'invited') ?? 'changed') : 'invited';
}

/** Of several changes of one instance, one, as whoever knows of none of them has it; none where it is as it was. */
export function mergedChanges(changes: readonly Change[]): readonly Change[] {
  const merged = new Map<string, Change>();
  for (const change of changes) {
    const known = merged.get(change.instance);
    const made = known === undefined ? change : afterBoth(known, change);
    if (made === undefined) merged.delete(change.instance);
    else merged.set(change.instance, made);
  }
  return [...merged.values()];
}

function afterBoth(first: Change, second: Change): Change | undefined {
  const what = whatAfterBoth(first.what, second.what);
  // What takes place after all has the STATUS that it had.
  const isBack = first.what === 'cancelled' && what === 'changed';
  const isTold = (name: string): boolean => !isBack || name !== P.STATUS;
  const properties = [...new Set([...first.properties, ...second.properties])].filter(isTold).sort();
  if (what === undefined || (isBack && properties.length === 0)) return undefined;
  const was = wasBefore(first, second)?.filter((line) => isTold(/^[^:;]*/.exec(line)?.[0] ?? ''));
  return { ...{ instance: second.instance, what, properties }, ...(was === undefined ? {} : { was }) };
}

/** What is new, or takes place again, stays so whatever is changed of it; taken back, it never was. */
function whatAfterBoth(first: Change['what'], second: Change['what']): Change['what'] | undefined {
  const isOff = second === 'cancelled';
  if (first === 'new' || first === 'reinstated') return isOff ? undefined : first;
  return first === 'cancelled' && !isOff ? 'changed' : second;
}
