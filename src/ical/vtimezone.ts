import { propertiesOf, propertyOf, type Component } from './component.ts';
import { P } from './names.ts';
import { parseRule } from './rrule.ts';
import { wallRule, type WallRule } from './rrule-walls.ts';
import { periodsOf as timesOf, timeOf, type Instant, type WallTime } from './time-value.ts';
import { zoneOfTransitions, type Transition, type TransitionSource, type Zone } from './timezone-transitions.ts';

const DAY = 86_400_000;
/** Onsets of one rule in one question: more than one a week is no time zone. */
const MOST_STEPS = 20_000;

/** A STANDARD or DAYLIGHT part (RFC 5545 §3.6.5): onsets are wall times of the offset before them. */
interface Observance {
  readonly from: number;
  readonly to: number;
  /** DTSTART and RDATEs, in order, as instants. */
  readonly fixed: readonly Instant[];
  readonly rules: readonly WallRule[];
}

/** `+0100`, `-043000`: milliseconds east of UTC (RFC 5545 §3.3.14); `+01:00` and `0100` are read too. */
export function parseOffset(text: string | undefined): number | undefined {
  const match = /^([+-]?)(\d\d):?(\d\d):?(\d\d)?$/.exec((text ?? '').trim());
  if (match === null) return undefined;
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return size < 86_400 ? (match[1] === '-' ? -1 : 1) * size * 1000 + 0 : undefined;
}

function readRules(component: Component, start: WallTime, from: number): WallRule[] {
  return propertiesOf(component, P.RRULE).flatMap((property) => {
    const rule = parseRule(property.value);
    if ('fault' in rule) return [];
    // UNTIL stands in UTC (RFC 5545 §3.6.5); programs also write it as the local time of an onset.
    const until = rule.until === undefined ? Infinity : rule.until.wall + (rule.until.kind === 'utc' ? from : 0);
    return [wallRule(rule, { start, isDate: false, until: rule.until?.kind === 'date' ? until + DAY - 1000 : until })];
  });
}

function readObservance(component: Component): Observance | undefined {
  const startProperty = propertyOf(component, P.DTSTART);
  const start = startProperty === undefined ? undefined : timeOf(startProperty);
  const from = parseOffset(propertyOf(component, P.TZOFFSETFROM)?.value);
  const to = parseOffset(propertyOf(component, P.TZOFFSETTO)?.value);
  if (start === undefined || to === undefined) return undefined;
  const before = from ?? to;
  const rdates = propertiesOf(component, P.RDATE).flatMap((property) => timesOf(property));
  const times = [start, ...rdates.flatMap((period) => (period === undefined ? [] : [period.start]))];
  const fixed = times.map((time) => time.wall - (time.kind === 'utc' ? 0 : before));
  return { from: before, to, fixed: fixed.sort((a, b) => a - b), rules: readRules(component, start.wall, before) };
}

/** The onsets of an observance with from <= onset < to. */
function onsets({ from: before, fixed, rules }: Observance, from: Instant, to: Instant): Instant[] {
  const found = fixed.filter((at) => at >= from && at < to);
  for (const rule of rules) {
    const next = rule.cursor(from + before, { steps: MOST_STEPS });
    for (let wall = next(); wall - before < to; wall = next()) found.push(wall - before);
  }
  return found;
}

/** The last onset before an instant: looks back farther and farther, as far as DTSTART. */
function lastOnset(observance: Observance, at: Instant): Instant | undefined {
  const first = Math.min(...observance.fixed);
  for (let span = 400 * DAY; ; span *= 8) {
    const found = onsets(observance, at - span, at);
    if (found.length > 0) return Math.max(...found);
    if (at - span <= first) return undefined;
  }
}

function sourceOf(observances: readonly Observance[]): TransitionSource {
  const earliest = observances.reduce((a, b) => ((b.fixed[0] ?? 0) < (a.fixed[0] ?? 0) ? b : a));
  return {
    between(from, to) {
      const found = observances.flatMap((observance) =>
        onsets(observance, from, to).map((at): Transition => ({ at, offset: observance.to })),
      );
      return found.sort((a, b) => a.at - b.at).filter(({ at }, i, all) => at !== all[i + 1]?.at);
    },
    offsetBefore(at) {
      let latest = -Infinity;
      let offset = earliest.from;
      for (const observance of observances) {
        const onset = lastOnset(observance, at);
        if (onset !== undefined && onset > latest) [latest, offset] = [onset, observance.to];
      }
      return offset;
    },
  };
}

/**
 * The zone that a VTIMEZONE describes, as written (RFC 5545 §3.6.5): the offset of the observance whose onset came
 * last, and before the first onset the offset that it says was there before. Parts that cannot be read are left
 * out; undefined without any that can.
 */
export function zoneOfVtimezone(vtimezone: Component): Zone | undefined {
  const known = read.get(vtimezone) ?? { zone: readZone(vtimezone) };
  read.set(vtimezone, known);
  return known.zone;
}

/** Many objects may share one component: it is read once. */
const read = new WeakMap<Component, { readonly zone: Zone | undefined }>();

function readZone(vtimezone: Component): Zone | undefined {
  const parts = vtimezone.components.filter(({ name }) => name === 'STANDARD' || name === 'DAYLIGHT');
  const observances = parts.flatMap((part) => readObservance(part) ?? []);
  if (observances.length === 0) return undefined;
  return zoneOfTransitions(propertyOf(vtimezone, P.TZID)?.value ?? '', sourceOf(observances));
}
