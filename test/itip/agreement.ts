import { expect } from 'vitest';
import type { Component } from '../../src/ical/component.ts';
import { lineOf } from '../../src/ical/diff.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { addressKey, attendeeOf, partstatOf, type IsMe } from '../../src/itip/address.ts';
import { copyFor } from '../../src/itip/copy.ts';
import { isPersonal } from '../../src/itip/personal.ts';
import { instanceOf, readSeries, timesText, type Series } from '../../src/itip/series.ts';

/** A guest's copy of the organizer's object. */
export interface GuestsCopy {
  readonly name: string;
  readonly isMe: IsMe;
  readonly own: Component | undefined;
}

/** Each of these instances is with a guest as the organizer has it; who has declined one may have none of it. */
export function expectAgreement(organizers: Component, { name, isMe, own }: GuestsCopy, keys: readonly string[]): void {
  const series = readSeries(organizers)!;
  const copy = copyFor(series, isMe);
  const mine = own && readSeries(own);
  const both = [organizers, ...(own === undefined ? [] : [own])].map((each) => writeComponent(each)).join('\n');
  for (const key of keys) {
    const isIn = copy !== undefined && (copy.components.has('') || copy.components.has(key));
    const theirs = isIn && !copy.excluded.has(key) ? instanceOf(series, key) : undefined;
    const here = mine && instanceOf(mine, key);
    const isHere = here !== undefined && !isOff(here);
    const isDeclined = theirs !== undefined && partstatOf(attendeeOf(theirs, isMe)!) === 'DECLINED';
    if (theirs === undefined) {
      expect(isHere, `${name} still has ${key}\n${both}`).toBe(false);
    } else if (isHere || !isDeclined) {
      const text = here === undefined ? 'nothing' : sharedText(mine!, here);
      expect(text, `${name} of ${key}\n${both}`).toBe(sharedText(series, theirs));
    }
  }
}

const isOff = ({ properties }: Component): boolean =>
  properties.some(({ name, value }) => name === 'STATUS' && value === 'CANCELLED');

/** What all share of a component: its words, its times, and what each has answered. */
function sharedText(series: Series, component: Component): string {
  const words = component.properties
    .filter((each) => ['SUMMARY', 'LOCATION'].includes(each.name) && !isPersonal(each, component))
    .map(lineOf);
  const answers = component.properties
    .filter(({ name }) => name === 'ATTENDEE')
    .map((each) => `${addressKey(each.value)} ${partstatOf(each)}`);
  return [timesText(component, series.context), ...words, ...answers.sort()].join('|');
}

/** What the organizer's object says that somebody has answered for an instance; undefined: he is not in it. */
export function answerIn(organizers: Component, isMe: IsMe, key: string): string | undefined {
  const series = readSeries(organizers);
  const part = series && instanceOf(series, key);
  const own = part && attendeeOf(part, isMe);
  return own && partstatOf(own);
}
