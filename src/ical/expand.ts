import { Refusal } from '../base/refusal.ts';
import type { Steps } from '../base/steps.ts';
import { propertiesOf, propertyOf, type Component, type Property } from './component.ts';
import {
  instanceOverlaps,
  isUndated,
  RECURRING_COMPONENTS,
  recurrenceSets,
  undatedOverlaps,
} from './component-times.ts';
import type { CompSelection } from './data-request.ts';
import type { MatchContext } from './filter-instances.ts';
import { P } from './names.ts';
import { childSelection, copyComponent, copyingComponent, type Copy, type Edited, type RawText } from './raw-text.ts';
import { readingRecurrenceSet, type Instance } from './recurrence.ts';
import { spend } from './rrule-budget.ts';
import { formatTimeValue, parseTimeValue, timeOf, type TimeRange, type TimeValue } from './time-value.ts';
import { instantOf, type ZoneContext } from './timezone.ts';
import { writeProperty } from './write.ts';

/** RFC 4791 §9.6.5: they are not in what expand returns. EXRULE is RFC 2445's. */
const RECURRENCE_PROPERTIES: readonly string[] = [P.RRULE, P.RDATE, P.EXDATE, P.EXRULE];

export interface Expansion {
  readonly calendar: Component;
  readonly raw: RawText;
  readonly comp: CompSelection | undefined;
  readonly range: TimeRange;
  edit(property: Property): Edited<never>;
}

/** A time that each instance has of its own. `head` is the property's name and the parameters that stay. */
interface Slot {
  readonly time: 'start' | 'end' | 'recurrence-id';
  readonly head: Omit<Property, 'value' | 'line'>;
  /** The property that stands there; without one, the slot is the master's. */
  readonly own?: Property;
  /** The master's own DTSTART, whose instance goes without RECURRENCE-ID. */
  readonly initial?: TimeValue | undefined;
}

type Template = readonly (string | Slot)[];

/**
 * CALDAV:expand (RFC 4791 §9.6.5): each instance that overlaps the range as a component of its own, in UTC, without
 * recurrence properties and VTIMEZONE. A date stays a date, floating time stays floating. Each instance of a
 * recurrence set but the one of the master's own DTSTART has its RECURRENCE-ID, whether or not it was asked for. It may
 * be interrupted after each instance.
 */
export function* expandingText(expansion: Expansion, context: MatchContext): Steps<string> {
  const { calendar, comp } = expansion;
  const selection = comp ?? 'all';
  // A whole set stands where its first component stood.
  const sets = new Map<Component, string>();
  for (const members of recurrenceSets(calendar.components)) {
    const [first] = members;
    if (first && childSelection(selection, first.name)) {
      sets.set(first, yield* settingText(members, expansion, context));
    }
  }
  const child = (component: Component, parent: Component): Template | undefined => {
    if (parent !== calendar) return undefined;
    if (component.name === 'VTIMEZONE') return [];
    if (!RECURRING_COMPONENTS.includes(component.name)) return undefined;
    const text = sets.get(component);
    return text ? [text] : [];
  };
  const edit = staticEdit(expansion, context);
  const parts = yield* copyingComponent<Slot>(calendar, { raw: expansion.raw, selection, edit, child });
  return parts.filter((part) => typeof part === 'string').join('');
}

function* settingText(components: readonly Component[], expansion: Expansion, context: MatchContext): Steps<string> {
  const { range } = expansion;
  const text = createLongText();
  for (const component of components) {
    yield;
    if (!isUndated(component) || !undatedOverlaps(component, range, context)) continue;
    text.add(copyComponent(component, copyOf(component, expansion, staticEdit(expansion, context))).join(''));
  }
  const dated = components.filter((component) => !isUndated(component));
  if (dated.length === 0) return text.whole();
  const templates = new Map<Component, Template>();
  const set = yield* readingRecurrenceSet(dated, context);
  // Some rows of RFC 4791 §9.9 match an instance that only borders on the range.
  for (const instance of set.instances({ from: range.start - 1, to: range.end + 1 }, context.budget)) {
    yield;
    if (!instanceOverlaps(instance, range)) continue;
    const { component } = instance;
    let template = templates.get(component);
    if (template === undefined) templates.set(component, (template = templateOf(component, expansion, context)));
    for (const part of template) text.add(typeof part === 'string' ? part : fill(part, instance, context));
    if (context.budget !== undefined) spend(context.budget, WRITTEN);
  }
  return text.whole();
}

/** Steps that it takes to write an instance down, beside those to find it. */
const WRITTEN = 1.5;

/** Pieces that are made one string at a time: a rope of half a million would cost more to collect than to write. */
const FEW_PIECES = 2000;

function createLongText() {
  const parts: string[] = [];
  let pieces: string[] = [];
  let length = 0;
  const flatten = (): void => {
    parts.push(pieces.join(''));
    pieces = [];
  };
  return {
    /** Throws number-of-matches-within-limits where it becomes too long. */
    add(piece: string): void {
      pieces.push(piece);
      length += piece.length;
      if (length > MOST_CHARACTERS) refuseLength();
      if (pieces.length >= FEW_PIECES) flatten();
    },
    whole(): string {
      flatten();
      return parts.join('');
    },
  };
}

/** Characters of one object that is expanded: each instance has all of its properties, be they megabytes. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

function refuseLength(): never {
  throw new Refusal(
    'number-of-matches-within-limits',
    `The instances of one object are longer than ${MOST_CHARACTERS} characters: ask for a shorter time`,
  );
}

const copyOf = (component: Component, { raw, comp }: Expansion, edit: Copy<Slot>['edit']): Copy<Slot> => ({
  raw,
  selection: childSelection(comp ?? 'all', component.name) ?? 'all',
  edit,
  isForced: (property, owner) => owner === component && property.name === P['RECURRENCE-ID'],
});

/** What an instance of the component looks like, with its own times left open. */
function templateOf(component: Component, expansion: Expansion, context: ZoneContext): Template {
  const rest = staticEdit(expansion, context);
  const endName = component.name === 'VTODO' ? P.DUE : P.DTEND;
  // An RDATE with periods gives instances their own length.
  const hasPeriods = propertiesOf(component, P.RDATE).some((rdate) => rdate.value.includes('/'));
  const hasId = propertyOf(component, P['RECURRENCE-ID']) !== undefined;
  const edit = (property: Property, owner: Component): Edited<Slot> => {
    if (owner !== component) return rest(property);
    switch (property.name) {
      case P.DTSTART:
        return { time: 'start', head: headOf(property) };
      case P.DTEND:
      case P.DUE:
        return { time: 'end', head: headOf(property) };
      case P['RECURRENCE-ID']:
        return { time: 'recurrence-id', head: headOf(property), own: property };
      case P.DURATION:
        return hasPeriods ? { time: 'end', head: { name: endName, params: NO_PARAMS } } : rest(property);
      default:
        return rest(property);
    }
  };
  const template = copyComponent(component, copyOf(component, expansion, edit));
  const dtstart = propertyOf(component, P.DTSTART);
  const id: Slot = {
    time: 'recurrence-id',
    head: { name: P['RECURRENCE-ID'], params: NO_PARAMS },
    initial: dtstart && timeOf(dtstart),
  };
  const added: Slot[] = hasId ? [] : [id];
  const hasEnd = propertyOf(component, endName) ?? propertyOf(component, P.DURATION);
  if (hasPeriods && !hasEnd) added.push({ time: 'end', head: { name: endName, params: NO_PARAMS } });
  // After DTSTART, else right after BEGIN.
  const place = template.findIndex((part) => typeof part !== 'string' && part.time === 'start');
  return template.toSpliced(Math.max(place, 0) + 1, 0, ...added);
}

const NO_PARAMS: Property['params'] = new Map();

/** The property without what depends on the instance: TZID, VALUE, RANGE. */
function headOf({ name, params }: Property): Slot['head'] {
  if (params.size === 0) return { name, params };
  return { name, params: new Map([...params].filter(([param]) => !['TZID', 'VALUE', 'RANGE'].includes(param))) };
}

function fill({ time, head, own, initial }: Slot, instance: Instance, context: ZoneContext): string {
  if (time === 'start') return instance.startValue ? writeTime(head, instance.startValue, context) : '';
  if (time === 'end') return instance.endValue ? writeTime(head, instance.endValue, context) : '';
  const value = instance.recurrenceId ?? (own && timeOf(own));
  return value && value.wall !== initial?.wall ? writeTime(head, value, context) : '';
}

function writeTime(head: Slot['head'], value: TimeValue, context: ZoneContext): string {
  const isZoned = value.kind === 'zoned';
  const text = formatTimeValue(isZoned ? { kind: 'utc', wall: instantOf(value, context) } : value);
  if (head.params.size === 0) return `${head.name}${value.kind === 'date' ? ';VALUE=DATE' : ''}:${text}\r\n`;
  const params = value.kind === 'date' ? new Map([['VALUE', ['DATE']], ...head.params]) : head.params;
  return writeProperty({ name: head.name, params, value: text });
}

/** What holds for each instance alike: no recurrence, no reference to a zone. */
function staticEdit(expansion: Expansion, context: ZoneContext) {
  return (property: Property): Edited<never> => {
    if (RECURRENCE_PROPERTIES.includes(property.name)) return undefined;
    if (!property.params.has('TZID')) return expansion.edit(property);
    return writeProperty({ ...headOf(property), value: inUtc(property, context) });
  };
}

/** Every local time of the value in UTC: `time`, `time,time` and `time/time`. */
function inUtc({ value, params }: Property, context: ZoneContext): string {
  const tzid = params.get('TZID')?.[0];
  return value.replace(/(?<![^,/])\d{8}T\d{6}(?![^,/])/g, (text) => {
    const time = parseTimeValue(text, tzid, false);
    return time ? formatTimeValue({ kind: 'utc', wall: instantOf(time, context) }) : text;
  });
}
