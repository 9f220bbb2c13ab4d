import { hash } from 'node:crypto';

import { createTurns } from '../../base/turns.ts';
import { busyWithin, instancesWithin, type ShownInstance } from '../../calendar/link-content.ts';
import { shownRange } from '../../calendar/link-window.ts';
import { categoriesOf, textOf } from '../../ical/public-form.ts';
import { formatTimeValue, type TimeRange } from '../../ical/time-value.ts';
import { titleOf, type LinkRequest, type WebAnswer } from '../answer.ts';
import { askedRange } from '../asked-range.ts';
import { dayText, timeText, wallSpan } from '../instance-times.ts';

/** Days that are told where nothing is asked for: half a year ahead. */
const DAYS = 183;

const TYPES = { VEVENT: 'event', VTODO: 'task', VJOURNAL: 'journal' } as const;

/**
 * What happens within a range as JSON, for pages and programs that know no iCalendar: docs/links.md tells its shape. Where
 * the link shows busy time alone, it has `busy` in the place of `events`.
 */
export async function jsonForm(request: LinkRequest): Promise<WebAnswer> {
  const { open, now, zone, window, query } = request;
  const range = shownRange(window, askedRange({ query, now, zone, back: 0, days: DAYS }));
  const head = {
    ...{ name: titleOf(open), timezone: zone.id },
    ...{ start: timeText(range.start, zone), end: timeText(range.end, zone) },
  };
  const [key, list] = open.link.busyOnly ? ['busy', busyOf(request, range)] : ['events', eventsOf(request, range)];
  const items = (await list).join(',');
  const body = `${JSON.stringify(head).slice(0, -1)},"${key}":[${items}]}\n`;
  return { contentType: 'application/json; charset=utf-8', body };
}

const BUSY = { BUSY: 'busy', 'BUSY-TENTATIVE': 'tentative', 'BUSY-UNAVAILABLE': 'unavailable' } as const;

/** Item by item as JSON text: of all at once nothing else would be answered meanwhile. */
async function busyOf({ context, open, zone }: LinkRequest, range: TimeRange): Promise<readonly string[]> {
  const periods = await busyWithin(context, open, range);
  return periods.map(({ start, end, type }) =>
    JSON.stringify({ start: timeText(start, zone), end: timeText(end, zone), type: BUSY[type] }),
  );
}

async function eventsOf(request: LinkRequest, range: TimeRange): Promise<readonly string[]> {
  const turns = createTurns();
  const events: string[] = [];
  for (const instance of await instancesWithin(request.context, request.open, range)) {
    if (turns.isDue()) await turns.take();
    events.push(JSON.stringify(eventOf(instance, request)));
  }
  return events;
}

function eventOf(instance: ShownInstance, { open, zone }: LinkRequest): unknown {
  const { component, uid, recurrenceId } = instance;
  const text = (name: string): string | undefined => textOf(component, name);
  const { allDay, start, end } = wallSpan(instance, zone);
  const name = `${open.link.id}\0${uid}\0${recurrenceId === undefined ? '' : formatTimeValue(recurrenceId)}`;
  const categories = categoriesOf(component);
  return {
    id: hash('sha256', name, 'hex').slice(0, 32),
    type: TYPES[component.name as keyof typeof TYPES], // what is shown is one of these
    allDay,
    start: allDay ? dayText(start) : timeText(instance.start, zone),
    end: allDay ? dayText(end) : timeText(instance.end, zone),
    summary: text('SUMMARY'),
    description: text('DESCRIPTION'),
    location: text('LOCATION'),
    url: text('URL'),
    status: text('STATUS')?.toLowerCase(),
    free: text('TRANSP')?.toUpperCase() === 'TRANSPARENT' ? true : undefined,
    categories: categories.length === 0 ? undefined : categories,
  };
}
