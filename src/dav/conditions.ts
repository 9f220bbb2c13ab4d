import type { IncomingHttpHeaders } from 'node:http';
import { ConditionFailed } from '../base/refusal.ts';
import { stateTag } from './entity-tag.ts';

/** The state of a resource that conditions are compared with. Tags without quotes, an instant in UTC milliseconds. */
export interface CurrentState {
  readonly etag: string | undefined;
  readonly scheduleTag?: string | undefined;
  readonly modifiedAt: number | undefined;
}

/**
 * The conditions of a request that changes something, in the order of RFC 9110 §13.2.2; `current` is undefined where
 * nothing is at the URL. A tag of any representation names the state (entity-tag.ts). Throws ConditionFailed.
 */
export function checkWrite(headers: IncomingHttpHeaders, current: CurrentState | undefined): void {
  checkUnchanged(headers, current, stateTag);
  const noneMatch = headers['if-none-match'];
  if (noneMatch === undefined || current === undefined || !matches(noneMatch, current.etag, WEAK_STATE)) return;
  throw new ConditionFailed(
    noneMatch.trim() === '*' ? 'If-None-Match: the resource exists' : 'If-None-Match: the resource has that entity tag',
  );
}

/** The conditions of GET and HEAD that fail with 412. `notModified` answers the others. Throws ConditionFailed. */
export function checkRead(headers: IncomingHttpHeaders, current: CurrentState): void {
  checkUnchanged(headers, current, asSent);
}

/** Whether GET or HEAD is answered 304: the client has what there is (RFC 9110 §13.1.2, §13.1.3). */
export function notModified(headers: IncomingHttpHeaders, { etag, modifiedAt }: CurrentState): boolean {
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return matches(noneMatch, etag, WEAK);
  const since = parseHttpDate(headers['if-modified-since']);
  return since !== undefined && modifiedAt !== undefined && wholeSeconds(modifiedAt) <= since;
}

function checkUnchanged(
  headers: IncomingHttpHeaders,
  current: CurrentState | undefined,
  meant: Comparison['meant'],
): void {
  const match = headers['if-match'];
  if (match !== undefined) {
    if (current === undefined) throw new ConditionFailed('If-Match: the resource does not exist');
    if (!matches(match, current.etag, { isWeak: false, meant })) {
      throw new ConditionFailed('If-Match: the resource has another entity tag: it was changed since it was read');
    }
  } else {
    const since = parseHttpDate(headers['if-unmodified-since']);
    const modifiedAt = current?.modifiedAt;
    if (since !== undefined && modifiedAt !== undefined && wholeSeconds(modifiedAt) > since) {
      throw new ConditionFailed('If-Unmodified-Since: the resource was changed since then');
    }
  }
  checkScheduleTag(headers['if-schedule-tag-match'], current);
}

/** RFC 6638 §8.3: fails where there is no such resource or it has no schedule tag. */
function checkScheduleTag(header: string | readonly string[] | undefined, current: CurrentState | undefined): void {
  if (header === undefined) return;
  const tag = current?.scheduleTag;
  // `opaque-tag`: one quoted string (RFC 6638 §8.3), and no list.
  if (tag !== undefined && String(header).trim() === `"${tag}"`) return;
  throw new ConditionFailed('If-Schedule-Tag-Match: the resource has another schedule tag');
}

// One member of a list of entity tags (RFC 9110 §8.8.3): a tag may hold commas, so the list is not split at them.
const ENTITY_TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;

/** How the tags of a header are compared with a state (RFC 9110 §8.8.3.2). */
interface Comparison {
  readonly isWeak: boolean;
  /** What a tag of the header stands for. */
  meant(tag: string): string;
}

const asSent = (tag: string): string => tag;
const WEAK: Comparison = { isWeak: true, meant: asSent };
const WEAK_STATE: Comparison = { isWeak: true, meant: stateTag };

/**
 * Whether a header's `*` or list has the tag. An unquoted word is no entity tag and matches nothing: Thunderbird asks
 * with `If-Match: nothing` whether it may write.
 */
function matches(header: string, etag: string | undefined, { isWeak, meant }: Comparison): boolean {
  if (header.trim() === '*') return true;
  if (etag === undefined) return false;
  for (const [, weak, tag = ''] of header.matchAll(ENTITY_TAG)) {
    if (meant(tag) === etag && (isWeak || weak === undefined)) return true;
  }
  return false;
}

const wholeSeconds = (instant: number): number => Math.floor(instant / 1000) * 1000;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const IMF_FIXDATE = /^[a-z]{3}, (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) gmt$/i;
const RFC850_DATE = /^[a-z]{6,9}, (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) gmt$/i;
const ASCTIME_DATE = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i;

/** HTTP-date in its three forms (RFC 9110 §5.6.7) as UTC milliseconds; undefined for anything else, which is ignored. */
export function parseHttpDate(header: string | undefined): number | undefined {
  const value = header?.trim() ?? '';
  const fixdate = IMF_FIXDATE.exec(value) ?? RFC850_DATE.exec(value);
  if (fixdate) {
    const [, day = '', month = '', year = '', ...time] = fixdate;
    return instantOf(year.length === 2 ? fullYear(Number(year)) : Number(year), month, day, time);
  }
  const asctime = ASCTIME_DATE.exec(value);
  if (!asctime) return undefined;
  const [, month = '', day = '', hour = '', minute = '', second = '', year = ''] = asctime;
  return instantOf(Number(year), month, day, [hour, minute, second]);
}

// RFC 9110 §5.6.7 asks for the latest century that is not in the future; no resource here is older than 1970.
const fullYear = (twoDigits: number): number => (twoDigits < 70 ? 2000 : 1900) + twoDigits;

function instantOf(year: number, monthName: string, day: string, time: readonly string[]): number | undefined {
  const month = MONTHS.indexOf(monthName.toLowerCase());
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  return month < 0 ? undefined : Date.UTC(year, month, Number(day), hour, minute, second);
}
