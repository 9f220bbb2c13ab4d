import { createHash } from 'node:crypto';

import type { Steps } from '../base/steps.ts';
import { rangesOf } from '../ical/component-ranges.ts';
import { asBuffer } from '../ical/content-line.ts';
import { zoneByName } from '../ical/timezone-table.ts';
import { millisecondsOf } from './subscription-schedule.ts';

/** What is left out of a feed: Apple's subscribed-strip-alarms, -attachments and -todos. */
export interface Stripping {
  readonly stripAlarms: boolean;
  readonly stripAttachments: boolean;
  readonly stripTodos: boolean;
}

/** Whether octets are one or more whole calendars: a login page, an error in words or half a file is none. */
export function isWholeCalendar(octets: Uint8Array): boolean {
  const source = asBuffer(octets);
  const head = source.toString('latin1', 0, 256).replace(/^(?:ï»¿)?\s*/, '');
  const tail = source.toString('latin1', Math.max(0, source.length - 256));
  return /^BEGIN:VCALENDAR\s*[\r\n]/i.test(head) && /(?:^|[\r\n])END:VCALENDAR\s*$/i.test(tail);
}

/** Octets that are looked at between two breaks, and how far beyond them a line is followed. */
const WINDOW = 1024 * 1024;
const BEYOND = 64;

/** Whether a calendar has no component but time zones; it may be interrupted. */
export function* isEmptyCalendar(octets: Uint8Array): Steps<boolean> {
  const source = asBuffer(octets);
  for (let from = 0; from < source.length; from += WINDOW) {
    if (from > 0) yield;
    // One octet more in front: whether a line begins in this window, that one says.
    const before = Math.min(from, 1);
    const text = source.toString('latin1', from - before, from + WINDOW + BEYOND);
    const component = /^BEGIN:(?!(?:VCALENDAR|VTIMEZONE|STANDARD|DAYLIGHT)\s*$)/gim;
    component.lastIndex = before;
    const found = component.exec(text);
    if (found !== null && found.index < before + WINDOW) return false;
  }
  return true;
}

/** Most octets of a feed's own properties that are looked at. */
const HEAD_OCTETS = 16 * 1024;

/** How often the feed wants to be fetched, milliseconds: REFRESH-INTERVAL (RFC 7986 §5.7), or what was there before it. */
export function feedPause(octets: Uint8Array): number | undefined {
  const head = asBuffer(octets)
    .toString('latin1', 0, HEAD_OCTETS)
    .replace(/\r?\n[ \t]/g, '');
  const own = head.split(/^BEGIN:(?!VCALENDAR)/im)[0] ?? '';
  const valueOf = (name: string): string => new RegExp(`^${name}[^:\r\n]*:([^\r\n]*)`, 'im').exec(own)?.[1] ?? '';
  return millisecondsOf(valueOf('REFRESH-INTERVAL')) ?? millisecondsOf(valueOf('X-PUBLISHED-TTL'));
}

/**
 * Of octets and of what is stripped of them: where it is the same as the last time, so is all that follows from it. It
 * may be interrupted.
 */
export function* feedDigest(
  octets: Uint8Array,
  { stripAlarms, stripAttachments, stripTodos }: Stripping,
): Steps<string> {
  const digest = createHash('sha256').update(JSON.stringify([stripAlarms, stripAttachments, stripTodos]));
  for (let from = 0; from < octets.length; from += WINDOW) {
    digest.update(octets.subarray(from, from + WINDOW));
    yield;
  }
  return digest.digest('base64url');
}

/** The name of the resource with a UID: always the same one, so that an event that comes back has its old URL. */
export const nameOfUid = (uid: string): string => `${createHash('sha256').update(uid).digest('hex').slice(0, 32)}.ics`;

/** An object, with CRLF, without its alarms and attachments where they are to be stripped. */
export function stripped(octets: Uint8Array, { stripAlarms, stripAttachments }: Stripping): Uint8Array {
  if (!stripAlarms && !stripAttachments) return octets;
  let alarms = 0;
  const lines = contentLines(octets).filter((line) => {
    if (/^BEGIN:VALARM\s*$/i.test(line)) alarms++;
    const isIn = alarms > 0;
    if (/^END:VALARM\s*$/i.test(line)) alarms = Math.max(0, alarms - 1);
    // The ATTACH of an alarm is what it does, and goes with the alarm.
    return isIn ? !stripAlarms : !(stripAttachments && /^ATTACH[;:]/i.test(line));
  });
  return Buffer.from(lines.join(''), 'latin1');
}

/** What is told of a feed, in one line of a sensible length: what is wrong may be quoted from it. */
export const told = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 500);

/** Content lines as they are, each with its folds and its line break. */
const contentLines = (octets: Uint8Array): readonly string[] =>
  asBuffer(octets)
    .toString('latin1')
    .split(/(?<=\n)(?![ \t])/);

/**
 * What an object says, to be compared: its components without DTSTAMP, which many programs set to the time of the
 * request, in any order. A VTIMEZONE of IANA's name counts for nothing: the name decides.
 */
export function saying(octets: Uint8Array): string {
  const source = asBuffer(octets);
  return rangesOf(octets)
    .components.filter(({ name, uid }) => name !== 'VTIMEZONE' || uid === undefined || zoneByName(uid) === undefined)
    .map(({ start, end }) => withoutStamp(source.subarray(start, end)))
    .sort()
    .join('');
}

const withoutStamp = (octets: Uint8Array): string =>
  contentLines(octets)
    .filter((line) => !/^DTSTAMP[;:]/i.test(line))
    .map((line) => line.replace(/\r?\n$/, '\n'))
    .join('');
