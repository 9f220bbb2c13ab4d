import { canonicalName, zoneByName } from '../../../ical/timezone-table.ts';
import type { Instant } from '../../../ical/time-value.ts';
import { isDaylightBefore, type Zone } from '../../../ical/timezone-transitions.ts';
import { type Action, required } from '../action.ts';
import { formatInstant, spanIn } from '../instants.ts';
import { isProblem, problem } from '../problem.ts';
import { zoneTag } from '../zone-data.ts';

/** Of a longer span the beginning is answered, and its end told (RFC 7808 §5.4): some 800 changes. */
const LONGEST = 400 * 365.25 * 86_400_000;

/** An offset and since when it is in force (RFC 7808 §6.3); offsets in seconds east of UTC. */
interface Observance {
  readonly name: 'Standard' | 'Daylight';
  readonly onset: string;
  readonly 'utc-offset-from': number;
  readonly 'utc-offset-to': number;
}

/** RFC 7808 §5.4: the offsets of a zone in a span of time, for who cannot expand a VTIMEZONE. */
export const expand: Action = {
  name: 'expand',
  template: '/zones{/tzid}/observances{?start,end}',
  parameters: [required('start'), required('end')],
  path: /^\/zones\/(.+)\/observances$/s,
  run({ tzid, query }) {
    const zone = zoneByName(tzid);
    const canonical = canonicalName(tzid);
    if (zone === undefined || canonical === undefined) return problem('tzid-not-found');
    const span = spanIn(query);
    if (isProblem(span)) return span;
    const { start, end } = span;
    if (start === undefined) return problem('invalid-start');
    if (end === undefined) return problem('invalid-end');
    const until = Math.min(end, start + LONGEST);
    const cut = until < end ? { end: formatInstant(until) } : {};
    return { body: { tzid, ...cut, observances: observances(zone, start, until) }, etag: zoneTag(canonical) };
  },
};

function observances(zone: Zone, start: Instant, end: Instant): Observance[] {
  const changes = zone.transitions(start, end);
  const found = changes.map(({ at, before, offset, daylight }) => observance(at, before, offset, daylight));
  if (changes[0]?.at === start) return found;
  const offset = zone.offsetAt(start);
  return [observance(start, offset, offset, isDaylightBefore(zone, start)), ...found];
}

const observance = (at: Instant, before: number, offset: number, daylight: boolean): Observance => ({
  name: daylight ? 'Daylight' : 'Standard',
  onset: formatInstant(at),
  'utc-offset-from': before / 1000,
  'utc-offset-to': offset / 1000,
});
