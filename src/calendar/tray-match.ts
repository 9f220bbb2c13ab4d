import { propertyOf } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { parseCalendars } from '../ical/parse.ts';
import { unescapeText } from '../ical/text.ts';
import { isSameAddress } from '../itip/address.ts';
import { messageComponents, readMessage, type ItipMessage } from '../itip/message.ts';
import { compareRevisions, revisionOf, type Revision } from '../itip/revision.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { TrayItem } from '../store/tray.ts';

/** The message of a tray item; undefined where it cannot be read any more. */
export function messageIn({ octets }: Pick<TrayItem, 'octets'>): ItipMessage | undefined {
  const [calendar] = parseCalendars(Buffer.from(octets)).calendars;
  const reading = calendar && readMessage(calendar);
  return reading !== undefined && 'message' in reading ? reading.message : undefined;
}

/** What it is called, for who decides. */
export function summaryOf(item: Pick<TrayItem, 'octets'>): string | undefined {
  const parts = messageIn(item);
  const summary = parts && messageComponents(parts).flatMap((each) => propertyOf(each, P.SUMMARY) ?? [])[0];
  return summary && unescapeText(summary.value);
}

/** RECURRENCE-IDs as they are written; '' for the whole. */
const daysOf = (message: ItipMessage): ReadonlySet<string> =>
  new Set(messageComponents(message).map((each) => propertyOf(each, P['RECURRENCE-ID'])?.value ?? ''));

/** Whether what one says is about all that another is about. */
export function covers(one: ItipMessage, other: ItipMessage): boolean {
  const days = daysOf(one);
  if (one.method !== 'ADD' && days.has('')) return true;
  return [...daysOf(other)].every((day) => days.has(day));
}

const latestOf = (message: ItipMessage): Revision =>
  messageComponents(message)
    .map(revisionOf)
    .reduce((most, each) => (compareRevisions(most, each) < 0 ? each : most));

export const isLaterThan = (one: ItipMessage, other: ItipMessage): boolean =>
  compareRevisions(latestOf(one), latestOf(other)) >= 0;

/** Whether a message may say something anew in the place of another: a cancellation of what organizers say, else the same. */
export const mayReplace = (one: ItipMessage, other: ItipMessage): boolean =>
  one.method === other.method ||
  (['CANCEL', 'REQUEST'].includes(one.method) && ['REQUEST', 'ADD', 'PUBLISH', 'CANCEL'].includes(other.method));

/** How sure it is who has sent it: what nobody has proven takes back nothing that somebody has. */
export const rankOf = ({ result }: Verdict): number => ({ pass: 2, none: 1, fail: 0 })[result];

export const verdictIn = ({ verdict }: TrayItem): Verdict => JSON.parse(verdict) as Verdict; // written by putIntoTray

export const isSentAs = ({ sentAs }: Pick<TrayItem, 'sentAs'>, from: string): boolean => isSameAddress(sentAs, from);
