import { hash } from 'node:crypto';
import { VERSION } from '../../base/version.ts';
import { canonicalName, tzdataRelease, zoneSource, ZONE_NAMES } from '../../ical/timezone-table.ts';

/** Who publishes the data (RFC 7808 §3.10). */
export const PUBLISHER = 'IANA';

/** Changes whenever an answer may: with IANA's release, and with the version of this program, which writes them. */
export const SYNC_TOKEN = `${tzdataRelease}-${VERSION}`;

/** A time zone in a list (RFC 7808 §6.2). */
export interface ZoneSummary {
  readonly tzid: string;
  readonly etag: string;
  readonly 'last-modified': string;
  readonly publisher: string;
  readonly version: string;
  readonly aliases?: readonly string[];
}

let summaries: readonly ZoneSummary[] | undefined;

/** The zones that are no other name of another, in order, each with its other names. */
export function zoneSummaries(): readonly ZoneSummary[] {
  if (summaries === undefined) {
    const groups = Map.groupBy(ZONE_NAMES, (name) => canonicalName(name) ?? name);
    summaries = [...groups].map(summaryOf).sort((a, b) => (a.tzid < b.tzid ? -1 : 1));
  }
  return summaries;
}

function summaryOf([tzid, names]: readonly [tzid: string, names: readonly string[]]): ZoneSummary {
  const aliases = names.filter((name) => name !== tzid);
  const modified = { 'last-modified': releasedAt(tzdataRelease) };
  const summary = { tzid, etag: zoneTag(tzid), ...modified, publisher: PUBLISHER, version: tzdataRelease };
  return aliases.length === 0 ? summary : { ...summary, aliases };
}

/**
 * The entity tag of a zone, without quotes: of its lines in IANA's files, so that it outlasts the releases in which
 * nothing about it changes, and of the program that writes the VTIMEZONE of them.
 */
export function zoneTag(name: string): string {
  return hash('sha256', `${VERSION}\n${zoneSource(name) ?? ''}`, 'hex').slice(0, 24);
}

/**
 * The package tells the release, not its day: of 2026d, the fourth day of the year. That is never in the future, and
 * a later release is later.
 */
function releasedAt(release: string): string {
  const [, year = '1970', letters = 'a'] = /^(\d{4})([a-z]+)$/.exec(release) ?? [];
  const day = [...letters].reduce((sum, letter) => sum + letter.charCodeAt(0) - 96, 0);
  return new Date(Date.UTC(Number(year), 0, day)).toISOString().replace('.000', '');
}
