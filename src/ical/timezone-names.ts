import { findIana, WINDOWS_TO_IANA_MAP } from 'windows-iana';
import { ZONE_NAMES, zoneByName } from './timezone-table.ts';
import { fixedZone, type Zone } from './timezone-transitions.ts';

const HOUR = 3_600_000;
/** No zone lies farther from UTC. */
const FARTHEST = 18 * HOUR;

/** One day of summer and one of winter, anywhere. */
const JANUARY = Date.UTC(2026, 0, 15);
const JULY = Date.UTC(2026, 6, 15);

/** Names that programs write and that no table has, or that it has with a place whose clock has moved since. */
const OTHER_NAMES = new Map(
  Object.entries({
    // CLDR's first place of these left the offset that Windows means: Almaty in 2024, Chihuahua in 2022.
    'central asia standard time': 'Asia/Bishkek',
    'mountain standard time (mexico)': 'America/Mazatlan',
    // Names that Windows has given up and that old calendars still hold.
    'kamchatka standard time': 'Asia/Kamchatka',
    'mid-atlantic standard time': 'Etc/GMT+2',
    'mexico standard time': 'America/Mexico_City',
    'mexico standard time 2': 'America/Mazatlan',
    'armenian standard time': 'Asia/Yerevan',
    // What follows the offset in the names that Outlook shows, where it is no city.
    'eastern time (us & canada)': 'America/New_York',
    'central time (us & canada)': 'America/Chicago',
    'mountain time (us & canada)': 'America/Denver',
    'pacific time (us & canada)': 'America/Los_Angeles',
    'atlantic time (canada)': 'America/Halifax',
    'indiana (east)': 'America/Indiana/Indianapolis',
    arizona: 'America/Phoenix',
    alaska: 'America/Anchorage',
    hawaii: 'Pacific/Honolulu',
    newfoundland: 'America/St_Johns',
    saskatchewan: 'America/Regina',
    'central america': 'America/Guatemala',
    'baja california': 'America/Tijuana',
    greenland: 'America/Nuuk',
    brasilia: 'America/Sao_Paulo',
    'cape verde is.': 'Atlantic/Cape_Verde',
    'west central africa': 'Africa/Lagos',
    'harare, pretoria': 'Africa/Johannesburg',
    'kuwait, riyadh': 'Asia/Riyadh',
    'abu dhabi, muscat': 'Asia/Dubai',
    'islamabad, karachi': 'Asia/Karachi',
    'sri jayawardenepura': 'Asia/Colombo',
    'bangkok, hanoi, jakarta': 'Asia/Bangkok',
    'greenwich mean time': 'Europe/London',
    'coordinated universal time': 'UTC',
    'new caledonia': 'Pacific/Noumea',
    'solomon is., new caledonia': 'Pacific/Guadalcanal',
    'marshall is.': 'Pacific/Majuro',
    'aleutian islands': 'America/Adak',
    'easter island': 'Pacific/Easter',
    haiti: 'America/Port-au-Prince',
    'turks and caicos': 'America/Grand_Turk',
    'saint pierre and miquelon': 'America/Miquelon',
    'lord howe island': 'Australia/Lord_Howe',
    'norfolk island': 'Pacific/Norfolk',
    'chatham islands': 'Pacific/Chatham',
    // Abbreviations that mean one zone to whoever writes them; CST, IST and BST do not.
    edt: 'America/New_York',
    cdt: 'America/Chicago',
    mdt: 'America/Denver',
    pst: 'America/Los_Angeles',
    pdt: 'America/Los_Angeles',
    cest: 'Europe/Berlin',
    eest: 'Europe/Athens',
    jst: 'Asia/Tokyo',
    z: 'UTC',
  }),
);

const byLowerCase = new Map(ZONE_NAMES.map((name) => [name.toLowerCase(), name]));

/** A name of Windows stands in any case in old files. */
const windowsNames = new Map(WINDOWS_TO_IANA_MAP.map(({ windowsName }) => [windowsName.toLowerCase(), windowsName]));

/** CLDR's first place for a name of Windows: looked for where it is asked, as that of all takes a tenth of the start. */
function firstPlace(key: string): string | undefined {
  const windowsName = windowsNames.get(key);
  return windowsName && findIana(windowsName)[0];
}

/** The zones by their last name part: `new york` to `America/New_York`. */
const byCity = new Map<string, string>();
for (const name of ZONE_NAMES) {
  const city = name
    .slice(name.lastIndexOf('/') + 1)
    .replaceAll('_', ' ')
    .toLowerCase();
  if (/^(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)\//.test(name)) byCity.set(city, name);
}

const named = (name: string | undefined): Zone | undefined => (name === undefined ? undefined : zoneByName(name));

/** `GMT+1`, `UTC+01:00`, `+0100`: hours east, as people write them (not POSIX, which counts west). */
function fixedByName(name: string): Zone | undefined {
  const match = /^(?:gmt|utc)?\s*([+-])(\d{1,2})(?::?([0-5]\d))?$/i.exec(name);
  if (match === null) return undefined;
  const offset = (match[1] === '-' ? -1 : 1) * (Number(match[2]) + Number(match[3] ?? 0) / 60) * HOUR;
  return Math.abs(offset) > FARTHEST ? undefined : fixedZone(name, offset + 0);
}

/** `W. Europe Standard Time`, the same with a number that Outlook appends, and Lotus Notes' `W. Europe`. */
function windowsZone(name: string): Zone | undefined {
  for (const candidate of [name, name.replace(/ \d+$/, ''), `${name} Standard Time`]) {
    const key = candidate.toLowerCase();
    const zone = named(OTHER_NAMES.get(key) ?? firstPlace(key));
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/**
 * `(UTC+01:00) Amsterdam, Berlin, Bern`: the first of the places that is a zone, and has that offset as its standard
 * one; without such a place the offset alone.
 */
function displayedZone(name: string): Zone | undefined {
  const match = /^\((?:UTC|GMT)\s*(?:([+-]\d{1,2}):?(\d\d))?\)\s*(.*)$/i.exec(name);
  if (match === null) return undefined;
  const hours = Number(match[1] ?? 0);
  const offset = (hours + (match[1]?.startsWith('-') ? -1 : 1) * (Number(match[2] ?? 0) / 60)) * HOUR;
  const places = (match[3] ?? '').toLowerCase().replace(/^greenwich mean time\s*:\s*/, '');
  const candidates = [places, ...places.split(',')].map((place) => place.trim());
  for (const place of candidates) {
    const zone = named(OTHER_NAMES.get(place) ?? byCity.get(place));
    // Summer time is an hour ahead; half the year tells which the standard offset is.
    const offsets = zone === undefined ? [] : [zone.offsetAt(JANUARY), zone.offsetAt(JULY)];
    if (zone !== undefined && Math.min(...offsets) === offset) return zone;
  }
  return fixedByName(`UTC${match[1] ?? '+0'}:${match[2] ?? '00'}`);
}

/** `/mozilla.org/20070129_1/Europe/Berlin`, `tzone://Microsoft/Utc`: an IANA name at the end of a path. */
function prefixedZone(name: string): Zone | undefined {
  const parts = name.split('/').filter((part) => part !== '');
  for (let from = Math.max(0, parts.length - 3); from < parts.length; from++) {
    const found = byLowerCase.get(parts.slice(from).join('/').toLowerCase().replaceAll(' ', '_'));
    if (found !== undefined) return zoneByName(found);
  }
  return undefined;
}

function find(tzid: string): Zone | undefined {
  const name = tzid
    .trim()
    .replace(/^["']+|["']+$/g, '')
    .trim();
  return (
    named(byLowerCase.get(name.toLowerCase())) ??
    windowsZone(name) ??
    fixedByName(name) ??
    displayedZone(name) ??
    (name.includes('/') ? prefixedZone(name) : undefined) ??
    named(byLowerCase.get(name.replaceAll(' ', '_').toLowerCase()))
  );
}

/** Answers are remembered, but not for every name that a client may invent. */
const MOST_NAMES = 2000;
const LONGEST_NAME = 255;
const found = new Map<string, Zone | undefined>();

/**
 * The zone that a TZID names: an IANA name in any case, a name of Windows, Outlook or Lotus, an IANA name behind a
 * prefix of Mozilla, Evolution or Citadel, or an offset such as `GMT+1`. Undefined when it names none.
 */
export function zoneByTzid(tzid: string): Zone | undefined {
  const exact = zoneByName(tzid);
  if (exact !== undefined || tzid.length > LONGEST_NAME) return exact;
  if (found.has(tzid)) return found.get(tzid);
  const zone = find(tzid);
  if (found.size >= MOST_NAMES) found.clear();
  found.set(tzid, zone);
  return zone;
}
