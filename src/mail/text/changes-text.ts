import { Refusal } from '../../base/refusal.ts';
import { propertiesOf, propertyOf, type Component, type Property } from '../../ical/component.ts';
import { P } from '../../ical/names.ts';
import { parseComponent } from '../../ical/parse.ts';
import { unescapeText } from '../../ical/text.ts';
import { MASTER, type InstanceKey } from '../../itip/instance-key.ts';
import type { ItipMessage } from '../../itip/message.ts';
import { readSeries, timeOfKey } from '../../itip/series.ts';
import type { Change } from '../../itip/significance.ts';
import { oneLine } from '../header.ts';
import { repeatsText } from './rule-text.ts';
import type { Telling } from './telling.ts';
import { dayText, whenText } from './times.ts';
import type { ChangeName, Words } from './words.ts';

const NAMES: Readonly<Record<string, ChangeName>> = {
  ...{ SUMMARY: 'title', DTSTART: 'time', DTEND: 'end', DUE: 'time', DURATION: 'end', RRULE: 'repetition' },
  ...{ RDATE: 'repetition', EXDATE: 'repetition', LOCATION: 'place', DESCRIPTION: 'description' },
  ...{ ATTENDEE: 'guests', STATUS: 'status' },
};
const MOST_LINES = 12;
const MOST_TITLE = 150;

/** Rows of a component that show what they were before. */
export interface OldRows {
  readonly when: string | undefined;
  readonly repeats: string | undefined;
  readonly where: string | undefined;
}

const NOTHING: OldRows = { when: undefined, repeats: undefined, where: undefined };

/** What a component of a message was, as far as that was kept. */
export function oldRows({ input, reader, context, keys }: Telling, component: Component): OldRows {
  if (!input.changes.some(({ was }) => was !== undefined)) return NOTHING;
  const key = propertyOf(component, P['RECURRENCE-ID']) === undefined ? MASTER : keys().get(component);
  const change = input.changes.find(({ instance, what, was }) => {
    return instance === key && what !== 'cancelled' && was !== undefined;
  });
  const before = change && componentBefore(change, component.name);
  if (change === undefined || before === undefined) return NOTHING;
  const isTime = [P.DTSTART, P.DTEND, P.DUE, P.DURATION].some((name) => change.properties.includes(name));
  return {
    when: isTime ? whenText(before, context, reader) : undefined,
    repeats: change.properties.includes(P.RRULE) ? repeatsText(before, context, reader) : undefined,
    where: change.properties.includes(P.LOCATION) ? oldText(before, P.LOCATION) || '–' : undefined,
  };
}

/** The overrides of a message by what they are, read when they are first asked for. */
export function keysIn({ calendar }: ItipMessage): Telling['keys'] {
  let known: ReadonlyMap<Component, InstanceKey> | undefined;
  return () => {
    known ??= new Map([...(readSeries(calendar)?.overrides ?? [])].map(([key, component]) => [component, key]));
    return known;
  };
}

/** What was there, as far as it was kept. */
function componentBefore({ was = [] }: Change, kind: string): Component | undefined {
  if (was.length === 0) return undefined;
  try {
    return parseComponent([`BEGIN:${kind}`, ...was, `END:${kind}`, ''].join('\r\n'));
  } catch (error) {
    // What was once kept of it is not worth a mail that is never sent.
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function oldText(component: Component, name: string): string {
  const [property]: readonly Property[] = propertiesOf(component, name);
  return property === undefined ? '' : oneLine(unescapeText(property.value), MOST_TITLE);
}

/** A line for each day, or for the whole, of what is different; empty for what is new as a whole, or gone. */
export function changeLines(telling: Telling): readonly string[] {
  const { kind, reader, input } = telling;
  if (kind !== 'updated' && kind !== 'reinstated' && kind !== 'cancelled' && kind !== 'removed') return [];
  const { words } = reader;
  const ordered = [...input.changes].sort((one, other) => (one.instance < other.instance ? -1 : 1));
  const lines = ordered.slice(0, MOST_LINES).flatMap((change) => lineOf(change, telling));
  return ordered.length > MOST_LINES ? [...lines, words.more(ordered.length - MOST_LINES)] : lines;
}

function lineOf(change: Change, { input, reader, context }: Telling): readonly string[] {
  const { words } = reader;
  const { instance, what } = change;
  const named = what === 'changed' ? namesOf(change, input.message, words) : words.what[what];
  if (instance === MASTER) return what === 'changed' && named !== '' ? [named] : [];
  const value = timeOfKey(instance);
  const day = value === undefined ? '' : dayText(value, context, reader);
  return [day === '' ? named : `${day}${words.colon} ${named}`].filter((line) => line !== '');
}

function namesOf({ properties, was, instance }: Change, { kind }: ItipMessage, words: Words): string {
  // Whoever is asked anew for an answer has another ATTENDEE: that says nothing beside what he is asked for.
  const telling = properties.length > 1 ? properties.filter((name) => name !== P.ATTENDEE) : properties;
  const names = new Set(telling.map((name) => NAMES[name] ?? 'details'));
  const before = componentBefore(
    { instance, what: 'changed', properties, ...(was === undefined ? {} : { was }) },
    kind,
  );
  const title = before === undefined ? '' : oldText(before, P.SUMMARY);
  return [...names]
    .map((name) => {
      const label = words.changed[name];
      return name === 'title' && title !== '' ? `${label} (${words.was(words.quoted(title))})` : label;
    })
    .join(', ');
}
