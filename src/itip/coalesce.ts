import type { Component } from '../ical/component.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { makeMessage, type ItipMessage, type Method } from './message.ts';
import { byKey, hasInstance, readSeries, withExdates, withoutExdates, type Series } from './series.ts';

export interface Coalescing {
  /** What waits, in the order in which it would be told; then what is new. */
  readonly messages: readonly ItipMessage[];
  /** Whether the receiver knows anything of the meeting without them. */
  readonly isKnown: boolean;
  /** REQUEST of all that the receiver has when all of it is told, where that is at hand. */
  readonly whole?: ItipMessage | undefined;
}

/**
 * The fewest messages that bring their receiver to where all of these, one after the other, would: an organizer's REQUEST
 * and CANCEL become one revision, of an attendee's answers the last for each instance counts, of COUNTER and REFRESH the last.
 * What is of another method stays as it is.
 */
export function coalesce({ messages, isKnown, whole }: Coalescing): readonly ItipMessage[] {
  if (messages.length < 2 && isKnown) return messages;
  const of = (...methods: readonly Method[]): readonly ItipMessage[] =>
    messages.filter(({ method }) => methods.includes(method));
  return [
    ...of('PUBLISH', 'ADD', 'DECLINECOUNTER'),
    ...organizers(of('REQUEST', 'CANCEL'), { isKnown, whole }),
    ...answers(of('REPLY')),
    ...latest(of('COUNTER')),
    ...of('REFRESH').slice(-1),
  ];
}

/** What an organizer says, as far as it is known while the messages are gone through. */
interface State {
  /** CANCEL of all. */
  readonly end: ItipMessage | undefined;
  /** Days that are off. */
  readonly off: ReadonlyMap<InstanceKey, Component>;
  /** What is asked for, with the master or only days of it. */
  readonly asked: ReadonlyMap<InstanceKey, Component>;
  /** Whether `asked` is more than one message has said. */
  readonly isMade: boolean;
}

const NONE: ReadonlyMap<InstanceKey, Component> = new Map();
const START: State = { end: undefined, off: NONE, asked: NONE, isMade: false };

function organizers(
  messages: readonly ItipMessage[],
  { isKnown, whole }: Omit<Coalescing, 'messages'>,
): readonly ItipMessage[] {
  const [first] = messages;
  if (first === undefined || (messages.length === 1 && isKnown)) return messages;
  const zones = messages.map(({ calendar }) => calendar).toReversed();
  const { end, off, asked, isMade } = messages.reduce((state, each) => withMessage(state, each, zones), START);
  const isAsked = asked.size > 0;
  const hasEnd = end !== undefined && isKnown && !asked.has(MASTER);
  const hasOff = off.size > 0 && isKnown && end === undefined;
  // One message that says all of it is less to read than two.
  if (
    whole !== undefined &&
    isAsked &&
    readSeries(whole.calendar)?.master !== undefined &&
    (hasEnd || hasOff || isMade)
  )
    return [whole];
  return [
    ...(hasEnd ? [end] : []),
    ...(hasOff ? [makeMessage('CANCEL', [...off.values()], zones)] : []),
    ...(isAsked ? [isMade ? makeMessage('REQUEST', sorted(asked), zones) : (lastRequest(messages) ?? first)] : []),
  ];
}

const lastRequest = (messages: readonly ItipMessage[]): ItipMessage | undefined =>
  messages.findLast(({ method }) => method === 'REQUEST');

const sorted = (components: State['asked']): readonly Component[] =>
  [...components].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, component]) => component);

function withMessage(state: State, message: ItipMessage, zones: readonly Component[]): State {
  const around = state.asked.size === 0 ? undefined : seriesOf(sorted(state.asked), zones);
  const series = readSeries(message.calendar, { beside: around });
  if (series === undefined) return state;
  if (series.master !== undefined) {
    return message.method === 'CANCEL' ? { ...START, end: message } : { ...START, asked: byKey(series), isMade: false };
  }
  return message.method === 'CANCEL' ? withDaysOff(state, series, around) : withDays(state, series, around);
}

const seriesOf = (components: readonly Component[], zones: readonly Component[]): Series | undefined =>
  readSeries(makeMessage('REQUEST', components, zones).calendar);

function withDays(state: State, { overrides }: Series, around: Series | undefined): State {
  const off = new Map(state.off);
  for (const key of overrides.keys()) off.delete(key);
  const asked = new Map([...state.asked, ...overrides]);
  const master = asked.get(MASTER);
  if (around !== undefined && master !== undefined) {
    asked.set(MASTER, withoutExdates(around, master, new Set(overrides.keys())));
  }
  return { ...state, off, asked, isMade: state.asked.size > 0 };
}

/** In a series that is asked for as a whole, a day that is off is none of it. */
function withDaysOff(state: State, { overrides }: Series, around: Series | undefined): State {
  const asked = new Map(state.asked);
  for (const key of overrides.keys()) asked.delete(key);
  const master = asked.get(MASTER);
  const isMade = state.isMade || asked.size !== state.asked.size;
  if (master === undefined || around === undefined) {
    return { ...state, asked, isMade, off: new Map([...state.off, ...overrides]) };
  }
  const out = [...overrides.keys()].filter((key) => hasInstance({ ...around, overrides: NONE }, key));
  if (out.length === 0) return { ...state, asked, isMade };
  asked.set(MASTER, withExdates(master, around, out));
  return { ...state, asked, isMade: true };
}

/** Of several answers for one instance the last, in the order in which they were given. */
function answers(messages: readonly ItipMessage[]): readonly ItipMessage[] {
  if (messages.length < 2) return messages;
  const given = new Map<InstanceKey, Component>();
  for (const { calendar } of messages) {
    const series = readSeries(calendar);
    for (const [key, component] of series === undefined ? [] : byKey(series)) {
      given.delete(key);
      given.set(key, component);
    }
  }
  const zones = messages.map(({ calendar }) => calendar).toReversed();
  return [makeMessage('REPLY', [...given.values()], zones)];
}

/** Of several proposals for the same instances the last. */
function latest(messages: readonly ItipMessage[]): readonly ItipMessage[] {
  const last = new Map<string, ItipMessage>();
  for (const message of messages) {
    const series = readSeries(message.calendar);
    const keys = series === undefined ? [] : [...byKey(series).keys()];
    last.delete(keys.join(' '));
    last.set(keys.join(' '), message);
  }
  return [...last.values()];
}
