import { atOnce, type Steps } from '../base/steps.ts';
import type { Component, Property } from './component.ts';
import type { CompSelection } from './data-request.ts';
import { writeProperty } from './write.ts';

const SPACE = 32;
const TAB = 9;

/** Source text by physical lines, so that what is not changed is copied as it came: folds, case, parameters and all. */
export interface RawText {
  readonly text: string;
  /** The line break that the source uses. */
  readonly eol: '\r\n' | '\n';
  /** Where the one-based physical line begins. */
  startOf(line: number): number;
  /** Where the content line that begins there ends, its line break included. */
  endOf(line: number): number;
}

export function createRawText(text: string): RawText {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const startOf = (line: number): number => starts[line - 1] ?? text.length;
  return {
    text,
    eol: text.charCodeAt(startOf(2) - 2) === 13 ? '\r\n' : '\n',
    startOf,
    endOf(line) {
      let next = line + 1;
      while (isBlank(text.charCodeAt(startOf(next)))) next++;
      return startOf(next);
    },
  };
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/** What becomes of a property: itself (copied as it came), another text, something to fill in later, or nothing. */
export type Edited<Slot> = Property | string | Slot | undefined;

export interface Copy<Slot> {
  readonly raw: RawText;
  /** Only what was asked for; 'all' copies the component whole. */
  readonly selection: CompSelection | 'all';
  edit(property: Property, owner: Component): Edited<Slot>;
  /** Properties that no selection leaves out. */
  isForced?(property: Property, owner: Component): boolean;
  /** What is written for a component inside; undefined: by the selection. */
  child?(component: Component, parent: Component): readonly (string | Slot)[] | undefined;
}

/** The component from BEGIN to END as pieces of text and slots; neighbouring lines that are kept make one piece. */
export const copyComponent = <Slot extends object>(component: Component, copy: Copy<Slot>): (string | Slot)[] =>
  atOnce(copyingComponent(component, copy));

/** As copyComponent; it may be interrupted between two components, and two properties. */
export function* copyingComponent<Slot extends object>(
  component: Component,
  copy: Copy<Slot>,
): Steps<(string | Slot)[]> {
  const parts: (string | Slot)[] = [];
  yield* appendingCopy(component, copy, parts);
  return parts;
}

/** Properties and components that are copied between two breaks. */
const ITEMS = 500;

function* appendingCopy<Slot extends object>(
  component: Component,
  copy: Copy<Slot>,
  parts: (string | Slot)[],
): Steps<void> {
  const { raw } = copy;
  parts.push(`BEGIN:${component.name}${raw.eol}`);
  let start = 0;
  let end = 0;
  let count = 0;
  const flush = (): void => {
    if (end > start) parts.push(raw.text.slice(start, end));
    start = end = 0;
  };
  const copyProperty = (property: Property): void => {
    const edited = editProperty(property, component, copy);
    if (edited === property) {
      const lineStart = raw.startOf(property.line);
      if (lineStart !== end) {
        flush();
        start = lineStart;
      }
      end = raw.endOf(property.line);
    } else if (edited !== undefined) {
      flush();
      parts.push(edited as string | Slot); // the Property itself was the branch above
    }
  };
  for (const item of inOrder(component)) {
    if (++count % ITEMS === 0) yield;
    if ('value' in item) copyProperty(item);
    else {
      flush();
      yield* appendingChild(item, component, copy, parts);
    }
  }
  flush();
  parts.push(`END:${component.name}${raw.eol}`);
}

function editProperty<Slot>(property: Property, owner: Component, copy: Copy<Slot>): Edited<Slot> {
  const { selection } = copy;
  if (selection === 'all' || selection.props === 'all') return copy.edit(property, owner);
  const asked = selection.props.get(property.name);
  if (asked === undefined) return copy.isForced?.(property, owner) ? copy.edit(property, owner) : undefined;
  if (!asked.noValue) return copy.edit(property, owner);
  const edited = copy.edit(property, owner);
  if (edited === property) return writeProperty({ ...property, value: '' });
  // What is written anew has no TZID any more.
  const params = new Map([...property.params].filter(([name]) => name !== 'TZID'));
  return edited && writeProperty({ ...property, params, value: '' });
}

function* appendingChild<Slot extends object>(
  child: Component,
  parent: Component,
  copy: Copy<Slot>,
  parts: (string | Slot)[],
): Steps<void> {
  const own = copy.child?.(child, parent);
  if (own) {
    for (const part of own) parts.push(part);
    return;
  }
  const selection = childSelection(copy.selection, child.name);
  if (selection) yield* appendingCopy(child, { ...copy, selection }, parts);
}

/** What of a component inside is asked for; undefined: nothing. */
export function childSelection(selection: CompSelection | 'all', name: string): CompSelection | 'all' | undefined {
  if (selection === 'all' || selection.comps === 'all') return 'all';
  return selection.comps.get(name);
}

/** Properties and components in the order of the source. */
function* inOrder({ properties, components }: Component): Generator<Property | Component> {
  let next = 0;
  for (const component of components) {
    for (let property = properties[next]; property && property.line < component.line; property = properties[++next]) {
      yield property;
    }
    yield component;
  }
  for (const property of next === 0 ? properties : properties.slice(next)) yield property;
}
