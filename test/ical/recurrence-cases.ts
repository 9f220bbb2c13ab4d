import { readFileSync } from 'node:fs';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { recurrenceSet, type Instance, type Window } from '../../src/ical/recurrence.ts';
import type { Instant, TimeValue } from '../../src/ical/time-value.ts';
import { UTC, zoneByTzid, zonesOf, type Zone } from '../../src/ical/timezone.ts';
import { calendar } from './calendar-text.ts';

/*
 * Cases of test/fixtures/recurrence/*.txt. One is
 *
 *   == title
 *   component VTODO                          the component, VEVENT if it is not said
 *   floating Asia/Tokyo                      the zone of floating times and dates, UTC if it is not said
 *   window 20260301T000000Z 20260401T000000Z the question, all of time if it is not said
 *   DTSTART:20260302T090000Z                 content lines of the master
 *   -- RECURRENCE-ID:20260303T090000Z        begins an override; its further lines follow
 *   => ...                                   what is expected, on as many lines as it takes:
 *
 *   => 1997-09 2-4,8           starts on these days, at the time of DTSTART, on the wall
 *   => 1997-09-02 09:00,10:30  starts at these times of a day, on the wall
 *   => 20260302T090000Z        a start as an instant, with /20260302T100000Z its end too
 *   => ...                     more follow; without it, these are all
 *   => refused: text           a Refusal whose message holds the text
 */
export interface RecurrenceCase {
  readonly title: string;
  readonly line: number;
  readonly settings: ReadonlyMap<string, string>;
  /** Content lines of the master (which may be empty) and of each override. */
  readonly components: readonly (readonly string[])[];
  readonly expected: readonly string[];
}

export function readCases(file: string): readonly RecurrenceCase[] {
  const path = new URL(`../fixtures/recurrence/${file}`, import.meta.url);
  const cases: {
    title: string;
    line: number;
    settings: Map<string, string>;
    components: string[][];
    expected: string[];
  }[] = [];
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    const current = cases.at(-1);
    if (line.startsWith('== ')) {
      cases.push({ title: line.slice(3), line: index + 1, settings: new Map(), components: [[]], expected: [] });
    } else if (current === undefined || line === '' || line.startsWith('#')) continue;
    else if (line.startsWith('=> ')) current.expected.push(line.slice(3));
    else if (line.startsWith('-- ')) current.components.push([line.slice(3)]);
    else if (/^[a-z]+ /.test(line)) current.settings.set(...splitOnce(line));
    else current.components.at(-1)?.push(line);
  }
  return cases;
}

function splitOnce(line: string): [string, string] {
  const space = line.indexOf(' ');
  return [line.slice(0, space), line.slice(space + 1)];
}

const instant = (text: string): Instant =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

const isoOf = (time: number): string => new Date(time).toISOString().slice(0, 19);

/** `2-4,8` as 2, 3, 4, 8. */
function daysOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Expected starts on the wall, or expected instants: as ISO text, with `Z` where they are instants. */
function expectedOf({ expected }: RecurrenceCase, timeOfDay: string): readonly string[] {
  return expected.flatMap((line) => {
    const [head = '', rest = ''] = splitOnce(`${line} `);
    if (/^\d{4}-\d\d$/.test(head)) {
      return daysOf(rest.trim()).map((day) => `${head}-${String(day).padStart(2, '0')}T${timeOfDay}`);
    }
    if (/^\d{4}-\d\d-\d\d$/.test(head))
      return rest
        .trim()
        .split(',')
        .map((time) => `${head}T${time}:00`);
    return line === '...'
      ? []
      : line.split(' ').map((span) =>
          span
            .split('/')
            .map((text) => `${isoOf(instant(text))}Z`)
            .join('/'),
        );
  });
}

export function calendarOf({ components, settings }: RecurrenceCase): Component {
  const name = settings.get('component') ?? 'VEVENT';
  const parts = components.filter((lines) => lines.length > 0);
  const lines = parts.flatMap((part) => [
    `BEGIN:${name}`,
    'UID:case',
    'DTSTAMP:20260101T000000Z',
    ...part,
    `END:${name}`,
  ]);
  return parseCalendar(calendar(...lines));
}

const wallOf = (value: TimeValue | undefined): string => (value === undefined ? '' : isoOf(value.wall));

export interface Outcome {
  readonly found: readonly string[];
  readonly expected: readonly string[];
}

export function zoneOfCase({ settings }: RecurrenceCase): Zone {
  const name = settings.get('floating');
  return (name === undefined ? undefined : zoneByTzid(name)) ?? UTC;
}

export function windowOfCase({ settings }: RecurrenceCase): Window {
  const [from, to] = settings.get('window')?.split(' ') ?? [];
  return { from: from === undefined ? -Infinity : instant(from), to: to === undefined ? Infinity : instant(to) };
}

/** What the engine gives beside what the case expects, in the same words. */
export function runCase(test: RecurrenceCase): Outcome {
  const source = calendarOf(test);
  const set = recurrenceSet(source.components, { zones: zonesOf(source), floating: zoneOfCase(test) });
  const start = /^DTSTART[^:]*:\d{8}T(\d\d)(\d\d)(\d\d)/m.exec(test.components[0]?.join('\n') ?? '');
  const expected = expectedOf(test, start ? `${start[1]}:${start[2]}:${start[3]}` : '00:00:00');
  const limit = test.expected.includes('...') ? expected.length : expected.length + 1;
  const words = (instance: Instance, like: string | undefined): string => {
    if (!like?.includes('Z')) return wallOf(instance.startValue ?? instance.endValue);
    const start = `${isoOf(instance.start)}Z`;
    return like.includes('/') ? `${start}/${isoOf(instance.end)}Z` : start;
  };
  const found: string[] = [];
  for (const instance of set.instances(windowOfCase(test))) {
    if (found.length === limit) break;
    found.push(words(instance, expected[found.length] ?? expected[0]));
  }
  return { found, expected };
}
