import { hash } from 'node:crypto';

import { Refusal } from '../../base/refusal.ts';
import { createTurns, inTurns, type Turns } from '../../base/turns.ts';
import { busyWithin, instancesWithin, wholeObjects } from '../../calendar/link-content.ts';
import { isWhole } from '../../calendar/link-window.ts';
import { paramOf, propertyOf, type Component } from '../../ical/component.ts';
import type { BusyPeriod } from '../../ical/freebusy.ts';
import { mergeCalendars } from '../../ical/group.ts';
import { instanceForm, plainProperty, underUid } from '../../ical/public-form.ts';
import { formatTimeValue, type Instant } from '../../ical/time-value.ts';
import { withEveryZone } from '../../ical/timezone-reference.ts';
import { writingComponent } from '../../ical/write.ts';
import { closedRange } from '../closed-range.ts';
import { titleOf, type LinkRequest, type WebAnswer } from '../answer.ts';

const DURATION = new Map([['VALUE', ['DURATION']]]);

/** How often programs are to look again: REFRESH-INTERVAL (RFC 7986 §5.7), and what Outlook reads for it. */
const REFRESH = [
  { name: 'REFRESH-INTERVAL', params: DURATION, value: 'PT1H' },
  plainProperty('X-PUBLISHED-TTL', 'PT1H'),
];

/**
 * The calendar as a file to subscribe to. Without a window it has the objects whole, with their rules and time zones. With
 * one each instance within it is an event of its own: a rule would tell of what is outside. Busy time alone is
 * the time of all events together, so that not even their number is told.
 */
export async function icalendarForm(request: LinkRequest): Promise<WebAnswer> {
  const { open, window } = request;
  const turns = createTurns();
  const objects = open.link.busyOnly
    ? await busyEvents(request)
    : isWhole(window)
      ? await whole(request, turns)
      : await instances(request, turns);
  // RFC 5546 §3.2.1: what is published has no attendees.
  const method = open.link.people ? [] : [plainProperty('METHOD', 'PUBLISH')];
  const chunks: Uint8Array[] = [];
  const properties = [...method, ...REFRESH];
  for await (const chunk of mergeCalendars(() => inSlices(objects), { name: titleOf(open), properties }))
    chunks.push(chunk);
  return { contentType: 'text/calendar; charset=utf-8', body: Buffer.concat(chunks), filename: 'calendar.ics' };
}

/** With breaks: what is at hand already is otherwise taken in one go. */
async function* inSlices(objects: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  const turns = createTurns();
  for (const object of objects) {
    if (turns.isDue()) await turns.take();
    yield object;
  }
}

async function whole({ context, open }: LinkRequest, turns: Turns): Promise<readonly Uint8Array[]> {
  const objects = createObjects(context.limits.linkOctets);
  const zones = new Set<Component>();
  for await (const { calendar } of wholeObjects(context, open)) {
    // By its own one, who knows an event from elsewhere would know what stands behind "Busy".
    const own = underUid(calendar, (uid) => nameOf(open.link.id, uid));
    const lacks = lacksZone(calendar);
    const octets = Buffer.from(await inTurns(writingComponent(lacks ? own : withNewZones(own, zones)), turns));
    objects.add(lacks ? withEveryZone(octets) : octets);
  }
  return objects.all;
}

/** An object without the zones that came with those before it. */
function withNewZones(calendar: Component, known: Set<Component>): Component {
  const components = calendar.components.filter((each) => !known.has(each));
  for (const each of components) if (each.name === 'VTIMEZONE') known.add(each);
  return { ...calendar, components };
}

/** Whether a time names a zone that does not come with it (RFC 7809): whoever has a link has no such agreement. */
function lacksZone({ components }: Component): boolean {
  const zones = new Set(components.map((component) => propertyOf(component, 'TZID')?.value));
  return components.some(
    ({ name, properties }) =>
      name !== 'VTIMEZONE' && properties.some((property) => !zones.has(paramOf(property, 'TZID')) && hasZone(property)),
  );
}

const hasZone = (property: Parameters<typeof paramOf>[0]): boolean => paramOf(property, 'TZID') !== undefined;

async function instances(request: LinkRequest, turns: Turns): Promise<readonly Uint8Array[]> {
  const { context, open } = request;
  const objects = createObjects(context.limits.linkOctets);
  for (const instance of await instancesWithin(context, open, closedRange(request))) {
    const { uid, component, recurrenceId } = instance;
    const id = recurrenceId === undefined ? '' : formatTimeValue(recurrenceId);
    const own = instanceForm(instance, nameOf(open.link.id, `${uid}\0${id}`));
    const calendar = { ...component, name: 'VCALENDAR', properties: [], components: [own] };
    objects.add(Buffer.from(await inTurns(writingComponent(calendar), turns)));
  }
  return objects.all;
}

/** A UID that is the same each time, and says nothing of what it is made of. */
const nameOf = (linkId: string, what: string): string => hash('sha256', `${linkId}\0${what}`, 'hex').slice(0, 32);

const STATUS: Partial<Record<BusyPeriod['type'], readonly string[]>> = {
  'BUSY-TENTATIVE': ['STATUS:TENTATIVE'],
  'BUSY-UNAVAILABLE': ['X-MICROSOFT-CDO-BUSYSTATUS:OOF'],
};

async function busyEvents(request: LinkRequest): Promise<readonly Uint8Array[]> {
  const { context, open } = request;
  const periods = await busyWithin(context, open, closedRange(request));
  const objects = createObjects(context.limits.linkOctets);
  for (const { start, end, type } of periods) {
    const lines = [
      ...['BEGIN:VCALENDAR', 'BEGIN:VEVENT', `UID:${nameOf(open.link.id, `${start} ${end} ${type}`)}`],
      ...[`DTSTAMP:${utc(open.link.createdAt)}`, `DTSTART:${utc(start)}`, `DTEND:${utc(end)}`, 'SUMMARY:Busy'],
      ...(STATUS[type] ?? []),
      ...['END:VEVENT', 'END:VCALENDAR', ''],
    ];
    objects.add(Buffer.from(lines.join('\r\n')));
  }
  return objects.all;
}

const utc = (instant: Instant): string => formatTimeValue({ kind: 'utc', wall: instant });

function createObjects(most: number) {
  const all: Uint8Array[] = [];
  let octets = 0;
  return {
    all,
    add(object: Uint8Array): void {
      octets += object.byteLength;
      if (octets > most) throw new Refusal('number-of-matches-within-limits', 'There is too much behind this link');
      all.push(object);
    },
  };
}
