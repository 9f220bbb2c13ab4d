import { Refusal } from '../base/refusal.ts';
import type { Problem } from './check-problem.ts';
import { rangesOf, type ComponentRange } from './component-ranges.ts';
import { asBuffer } from './content-line.ts';
import { groupByUid } from './group.ts';
import { indexEntry, type IndexContext } from './index-entry.ts';
import type { Component } from './component.ts';
import { parseCalendar } from './parse.ts';
import { repairObject } from './repair.ts';
import type { Repair } from './repair-rule.ts';
import type { SplitItem } from './splitter.ts';
import { validateObject } from './validate.ts';

/** What keeps one calendar object of a source from being used. */
export interface ObjectFault {
  readonly problem: Problem;
  /** What would make it usable; empty where nothing is known that does. */
  readonly repairs: readonly Repair[];
}

/**
 * Of a source of any number of calendar objects, those that an import would set aside, or of which it would leave out a
 * part: also what can be read well, but not expanded. Lines are those of the source. Throws nothing.
 */
export function* checkObjects(source: Uint8Array, context: ObjectCheck): Generator<ObjectFault> {
  const lines = createLineFinder(source);
  for (const item of groupByUid(source)) {
    const message = item.kind === 'problem' ? item.problem : faultOf(() => item.calendar, context);
    if (message === undefined) continue;
    const found = item.octets && repairObject(item.octets, (octets) => faultOf(() => readObject(octets), context));
    const repairs = found?.repairs.map((repair) => ({ ...repair, line: lines(item, repair.line) })) ?? [];
    yield { problem: problemOf(message, item.line), repairs };
  }
}

export interface ObjectCheck {
  readonly horizon: IndexContext['horizon'];
  /** Of recurrence, for one object. */
  readonly steps: number;
}

function readObject(octets: Uint8Array): Component {
  const calendar = parseCalendar(octets);
  validateObject(calendar);
  return calendar;
}

function faultOf(read: () => Component, { horizon, steps }: ObjectCheck): string | undefined {
  try {
    indexEntry(read(), { horizon, budget: { steps } });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

/** A refusal with its line in it: `line 7: …`, or `RRULE (line 7): …`. */
function problemOf(text: string, fallback: number): Problem {
  const [, property = '', before, after, message = text] =
    /^(?:([A-Z-]+) \(line (\d+)\)|line (\d+)): (.*)$/s.exec(text) ?? [];
  const isRule = property === 'RRULE' || property === 'EXRULE';
  return {
    line: Number(before ?? after ?? fallback),
    property,
    rule: isRule ? 'never' : 'unusable',
    message,
    section: isRule ? 'RFC 5545 §3.3.10' : 'RFC 4791 §5.3.2.1',
    severity: 'error',
  };
}

/**
 * Where a line of an object stands in the source that it was taken from: its components are there with the same lines.
 * What was added to it stands where the object begins.
 */
function createLineFinder(source: Uint8Array): (item: SplitItem, line: number) => number {
  let places: ReadonlyMap<string, number> | undefined;
  return (item, line) => {
    if (item.octets === undefined) return item.line;
    const range = componentsOf(item.octets).findLast((each) => each.line <= line);
    if (range === undefined) return item.line;
    places ??= new Map(componentsOf(source).map((each) => [textOf(source, each), each.line]));
    const place = places.get(textOf(item.octets, range));
    return place === undefined ? item.line : place + line - range.line;
  };
}

function componentsOf(octets: Uint8Array): readonly ComponentRange[] {
  const { components, cut } = rangesOf(octets);
  return [...components, ...cut].sort((one, other) => one.line - other.line);
}

const textOf = (octets: Uint8Array, { start, end }: ComponentRange): string =>
  asBuffer(octets).toString('latin1', start, end).replaceAll('\r\n', '\n').trimEnd();
