import { atOnce, type Steps } from '../base/steps.ts';
import { propertyOf, type Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parsingCalendars } from '../ical/parse.ts';
import { unescapeText } from '../ical/text.ts';
import { zoneByTzid } from '../ical/timezone.ts';
import { plain } from './component-edit.ts';
import { inOurDialect, withoutControls, type Dialect } from './imip-dialects.ts';
import {
  makeMessage,
  messageComponents,
  PRODID,
  readMessage,
  type ItipMessage,
  type MessageReading,
} from './message.ts';
import { METHODS } from './message-rules.ts';
import { uidOf } from './series.ts';

/** A part of a mail that is, or may be, iCalendar. */
export interface ImipPart {
  /** The method parameter of Content-Type, RFC 6047 §2.4. */
  readonly method: string | undefined;
  readonly filename: string | undefined;
  /** In UTF-8. */
  readonly octets: Uint8Array;
}

/** What the wire knows, for what mail programs leave out. */
export type ImipEnvelope = Pick<Dialect, 'sender' | 'recipient' | 'at'>;

export interface ImipReading {
  readonly messages: readonly ItipMessage[];
  /** A sentence for each part, or UID of one, that is no message. */
  readonly faults: readonly string[];
}

/** A mail is about one meeting; some programs put the days of a series into one mail. */
const MOST_MESSAGES = 50;
const MOST_FAULTS = 20;

/**
 * The messages in the calendar parts of a mail (RFC 6047 §2.4): one for each UID. A METHOD that is missing is the one of the
 * Content-Type, and the other way round; where they are different, nobody knows what the sender was shown. One bad part
 * hides no other.
 */
export const messagesOf = (parts: readonly ImipPart[], envelope: ImipEnvelope): ImipReading =>
  atOnce(readingMessages(parts, envelope));

/** As messagesOf; it may be interrupted wherever it yields. */
export function* readingMessages(parts: readonly ImipPart[], envelope: ImipEnvelope): Steps<ImipReading> {
  const found: Found = { messages: new Map(), faults: new Set(), unnamed: new Set() };
  for (const part of parts) {
    const { calendars, problems } = yield* parsingCalendars(withoutControls(part.octets));
    if (calendars.length === 0)
      found.faults.add(`the calendar cannot be read: ${problems[0]?.message ?? 'it is empty'}`);
    for (const calendar of calendars) {
      yield* addMessages(found, calendar, { part, envelope });
    }
  }
  const { messages, faults, unnamed } = found;
  // The same without METHOD stands beside the message for programs that import it.
  const known = new Set([...messages.values()].map(({ uid }) => uid));
  if ([...unnamed].some((uid) => !known.has(uid))) {
    faults.add('a calendar in the mail has no METHOD: it asks for nothing, and can be imported');
  }
  return { messages: [...messages.values()], faults: [...faults].slice(0, MOST_FAULTS) };
}

interface Found {
  /** By what makes a message another one. */
  readonly messages: Map<string, ItipMessage>;
  readonly faults: Set<string>;
  /** UIDs of what has no METHOD. */
  readonly unnamed: Set<string>;
}

interface Source {
  readonly part: ImipPart;
  readonly envelope: ImipEnvelope;
}

/** Takes in what a VCALENDAR says of each of its UIDs. */
function* addMessages(found: Found, calendar: Component, { part, envelope }: Source): Steps<void> {
  const subjects = subjectsOf(calendar);
  const method = methodOf(calendar, part);
  if (method === undefined) {
    for (const each of subjects) found.unnamed.add(uidOf(each));
    return;
  }
  if ('fault' in method) {
    found.faults.add(method.fault);
    return;
  }
  const groups = Map.groupBy(subjects, (each) => `${each.name} ${uidOf(each)}`);
  if (groups.size === 0) found.faults.add('there is no component');
  let looked = 0;
  for (const group of groups.values()) {
    // Each is looked at beside all the zones of the calendar, also where nothing comes of it.
    if (found.messages.size >= MOST_MESSAGES || ++looked > MOST_MESSAGES) {
      found.faults.add(`of the messages in the mail, the first ${MOST_MESSAGES} count`);
      return;
    }
    const reading = readingOf(calendar, group, { ...envelope, method: method.name });
    if ('fault' in reading) found.faults.add(reading.fault);
    else if (!found.messages.has(nameOf(reading.message))) found.messages.set(nameOf(reading.message), reading.message);
    yield;
  }
}

type MethodReading = { readonly name: string } | { readonly fault: string } | undefined;

function methodOf(calendar: Component, { method: told }: ImipPart): MethodReading {
  const own = propertyOf(calendar, P.METHOD)?.value.trim().toUpperCase() || undefined;
  if (own !== undefined && told !== undefined && own !== told)
    return { fault: `the mail says ${short(told)}, and the calendar in it ${short(own)}` };
  const name = own ?? told;
  if (name === undefined) return undefined;
  if (!METHODS.some((each) => each === name)) return { fault: `METHOD ${short(name)} is not known` };
  // RFC 5546 §3.2.1: nobody is asked for anything.
  return name === 'PUBLISH' ? { fault: 'it publishes something and asks for nothing: it can be imported' } : { name };
}

const subjectsOf = ({ components }: Component): readonly Component[] =>
  components.filter(({ name }) => name !== 'VTIMEZONE' && !name.startsWith('X-'));

function readingOf(
  calendar: Component,
  subjects: readonly Component[],
  dialect: Dialect & { readonly method: string },
): MessageReading {
  const zone = unknownZone(calendar, subjects);
  if (zone !== undefined) return { fault: `nobody knows what the zone ${short(zone)} is` };
  const components = subjects.map((each) => inOurDialect(each, dialect));
  const zones = calendar.components.filter(({ name }) => name === 'VTIMEZONE');
  const head = [plain(P.VERSION, '2.0'), plain(P.PRODID, PRODID), plain(P.METHOD, dialect.method)];
  const reading = readMessage({ ...calendar, properties: head, components: [...zones, ...components] });
  if ('fault' in reading) return { fault: `the calendar is no ${dialect.method}: ${reading.fault}` };
  // Only the VTIMEZONEs that are needed, and those that are missing.
  return { message: makeMessage(reading.message.method, components, [calendar]) };
}

/** A TZID that neither a VTIMEZONE nor a table explains. */
function unknownZone(calendar: Component, subjects: readonly Component[]): string | undefined {
  const own = new Set<string>();
  for (const { name, properties } of calendar.components) {
    const tzid = name === 'VTIMEZONE' ? properties.find((each) => each.name === P.TZID)?.value.trim() : undefined;
    if (tzid !== undefined) own.add(tzid).add(unescapeText(tzid));
  }
  for (const { properties } of subjects) {
    for (const { params } of properties) {
      const tzid = params.get('TZID')?.[0]?.trim();
      if (tzid && !own.has(tzid) && zoneByTzid(tzid) === undefined) return tzid;
    }
  }
  return undefined;
}

/** RFC 5546 §2.1.5: what has the same SEQUENCE and DTSTAMP is the same, however another part of the mail writes it. */
const nameOf = (message: ItipMessage): string =>
  JSON.stringify([
    ...[message.method, message.kind, message.uid],
    ...messageComponents(message).map((each) => NAMING.map((name) => propertyOf(each, name)?.value)),
  ]);

const NAMING = [P['RECURRENCE-ID'], P.SEQUENCE, P.DTSTAMP];

const short = (text: string): string => text.slice(0, 60);
