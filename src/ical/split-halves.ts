import type { Steps } from '../base/steps.ts';
import { CALENDAR_COMPONENTS, paramOf, propertiesOf, propertyOf, type Component, type Property } from './component.ts';
import { P } from './names.ts';
import { copyingComponent, type Edited, type RawText } from './raw-text.ts';
import type { Instance } from './recurrence.ts';
import { instanceAt, timingOf } from './recurrence-instance.ts';
import type { SplitList } from './split-lists.ts';
import { isLaterOverride, type Series, type SplitPoint } from './split-point.ts';
import { escapeText } from './text.ts';
import { formatTimeValue, timeOf, type TimeValue } from './time-value.ts';
import { instantOf } from './timezone.ts';
import { writeProperty } from './write.ts';

/** What is written of one part of a series. */
export interface Half {
  readonly part: 'earlier' | 'later';
  /** The value of RRULE; undefined: none. */
  readonly rule: string | undefined;
  readonly lists: ReadonlyMap<Property, SplitList>;
  /** Where the master starts; undefined: where it did. */
  readonly start?: Instance | undefined;
  /** Another UID for all components; undefined: the one that they have. */
  readonly uid?: string | undefined;
  /** What RELATED-TO says where it says nothing yet. */
  readonly relatedTo: string;
}

/** The parameter value that marks the parts of one series (caldav-recursplit §3). */
const RECURRENCE_SET = 'X-CALENDARSERVER-RECURRENCE-SET';

export const isSubject = ({ name }: Component): boolean => (CALENDAR_COMPONENTS as readonly string[]).includes(name);

const setLinks = (component: Component): readonly Property[] =>
  propertiesOf(component, P['RELATED-TO']).filter(
    (property) => paramOf(property, 'RELTYPE')?.toUpperCase() === RECURRENCE_SET,
  );

/** The set that components of a series are said to be of already, from an earlier split. */
export const knownSetOf = (components: readonly Component[]): string | undefined =>
  components.flatMap(setLinks)[0]?.value;

/** One part of a series as the text of a calendar object: what is not changed stays as it came. */
export function* writingHalf(
  calendar: Component,
  raw: RawText,
  { series, point, half }: { readonly series: Series; readonly point: SplitPoint; readonly half: Half },
): Steps<string> {
  const isLater = half.part === 'later';
  const overrides = new Set(series.overrides);
  const edit = (property: Property, owner: Component): Edited<never> => {
    if (property.name === 'UID' && isSubject(owner)) return uidLines(property, owner, raw, half);
    return owner === series.master ? masterLine(property, series, half) : property;
  };
  const isElsewhere = (component: Component, parent: Component): boolean =>
    overrides.has(component)
      ? isLaterOverride(component, series, point) !== isLater
      : parent === series.master && isAlarmElsewhere(component, point, isLater);
  const child = (component: Component, parent: Component): readonly string[] | undefined =>
    isElsewhere(component, parent) ? [] : undefined;
  const pieces = yield* copyingComponent<never>(calendar, { raw, selection: 'all', edit, child });
  const text = pieces.join('');
  return raw.eol === '\n' ? text.replaceAll('\r\n', '\n') : text;
}

/** Whether an alarm of the master rings at an instant of the other part: in both, it would ring twice. */
function isAlarmElsewhere(alarm: Component, { instant }: SplitPoint, isLater: boolean): boolean {
  const trigger = alarm.name === 'VALARM' ? propertyOf(alarm, P.TRIGGER) : undefined;
  const at = trigger && paramOf(trigger, 'VALUE')?.toUpperCase() === 'DATE-TIME' ? timeOf(trigger) : undefined;
  return at !== undefined && at.wall >= instant !== isLater;
}

/** UID, and behind it RELATED-TO where the component has none that names the set. */
function uidLines(property: Property, owner: Component, raw: RawText, { uid, relatedTo }: Half): string {
  const value = uid === undefined ? property.value : escapeText(uid);
  const own =
    uid === undefined
      ? raw.text.slice(raw.startOf(property.line), raw.endOf(property.line))
      : writeProperty({ ...property, value });
  if (propertyOf(owner, P.UID) !== property || setLinks(owner).length > 0) return own;
  const params = new Map([['RELTYPE', [RECURRENCE_SET]]]);
  return own + writeProperty({ name: P['RELATED-TO'], params, value: relatedTo });
}

function masterLine(property: Property, series: Series, half: Half): Edited<never> {
  const { rule, start, part } = half;
  switch (property.name) {
    case 'RRULE':
      if (rule === undefined || rule === property.value) return rule === undefined ? undefined : property;
      return writeProperty({ ...property, value: rule });
    case 'RDATE':
    case 'EXDATE':
      return listLine(property, half.lists.get(property)?.[part]);
    case 'DTSTART':
      return start?.startValue === undefined ? property : timeLine(property, start.startValue);
    case 'DTEND':
    case 'DUE':
      return start === undefined ? property : endLine(property, series, start);
    default:
      return property;
  }
}

function listLine(property: Property, value: string | undefined): Edited<never> {
  if (value === undefined || value === property.value) return property;
  return value === '' ? undefined : writeProperty({ ...property, value });
}

/** The property with another time, in its own form where that is the time's. */
function timeLine(property: Property, value: TimeValue): string {
  const own = timeOf(property);
  const isSameForm = own?.kind === value.kind && (value.kind !== 'zoned' || paramOf(property, 'TZID') === value.tzid);
  if (isSameForm) return writeProperty({ ...property, value: formatTimeValue(value) });
  const params = new Map([...property.params].filter(([name]) => name !== 'VALUE' && name !== 'TZID'));
  if (value.kind === 'date') params.set('VALUE', ['DATE']);
  if (value.kind === 'zoned') params.set('TZID', [value.tzid]);
  return writeProperty({ ...property, params, value: formatTimeValue(value) });
}

/** DTEND or DUE as far from the new start as it was from the old one: of a PERIOD of RDATE, the end is its own. */
function endLine(property: Property, { master, context }: Series, start: Instance): Edited<never> {
  const timing = timingOf(master, context);
  if (timing === undefined || start.startValue === undefined) return property;
  const { end, endValue } = instanceAt(timing, { wall: start.startValue.wall, instant: start.start }, undefined);
  if (endValue === undefined) return property;
  // A clock reading that comes twice is its first coming: only UTC can say the second.
  const isPlain = instantOf(endValue, context) === end;
  return timeLine(property, isPlain ? endValue : { kind: 'utc', wall: end });
}
