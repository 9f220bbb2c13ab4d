import { DAY } from '../../base/clock.ts';
import { propertiesOf, propertyOf } from '../../ical/component.ts';
import { textOf } from '../../ical/public-form.ts';
import { formatTimeValue } from '../../ical/time-value.ts';
import { writeComponent } from '../../ical/write.ts';
import type { Invitation } from '../../calendar/open-invitation.ts';
import { plain, withoutProperties } from '../../itip/component-edit.ts';
import { titleOf } from './event-card.ts';
import { markup, type Markup } from './markup.ts';
import type { View } from './view.ts';
import { toldIn } from './when.ts';

/** Text in a link: a long description makes addresses that browsers cut. */
const MOST_TEXT = 800;

/** The event as a file for the visitor's own calendar: PUBLISH (RFC 5546 §3.2.1), so that nobody is asked or told anything. */
export function calendarFile({ copy }: Pick<Invitation, 'copy'>): string {
  const { calendar } = copy;
  const components = calendar.components.map((part) =>
    part.name === 'VTIMEZONE' ? part : withoutProperties(part, ({ name }) => name === 'ATTENDEE'),
  );
  const properties = [...calendar.properties, plain('METHOD', 'PUBLISH')];
  return writeComponent({ ...calendar, properties, components });
}

/** Ways into the visitor's own calendar; those of others are led to only when they are followed. */
export function addPart(view: View): Markup | undefined {
  const { invitation, path, speech } = view;
  const { words } = speech;
  const links = [
    markup`<li><a href="${path}/event.ics" download="event.ics">${words.file}</a></li>`,
    ...otherCalendars(view).map(
      ([name, address]) => markup`<li><a href="${address}" rel="noopener noreferrer nofollow">${name}</a></li>`,
    ),
  ];
  return markup`<section class="card" aria-labelledby="add-title">
    <h2 id="add-title">${words.addToCalendar}</h2>
    <ul class="links">
      ${links}
    </ul>
    ${links.length > 1 && invitation.kind === 'VEVENT' && markup`<p class="hint">${words.opensElsewhere}</p>`}
  </section>`;
}

function otherCalendars({ invitation, speech }: View): readonly (readonly [string, string])[] {
  const { kind, event, time, isSeries } = invitation;
  if (kind !== 'VEVENT' || time === undefined) return [];
  const title = titleOf({ invitation, speech });
  const details = (textOf(event, 'DESCRIPTION') ?? '').slice(0, MOST_TEXT).toWellFormed();
  const place = (textOf(event, 'LOCATION') ?? '').slice(0, MOST_TEXT).toWellFormed();
  const rule = ruleOf(invitation);
  const google = new URL('https://calendar.google.com/calendar/render?action=TEMPLATE');
  put(google, { text: title, dates: googleDates(invitation), details, location: place });
  if (rule !== undefined) google.searchParams.set('recur', `RRULE:${rule}`);
  const isWhole = !isSeries || rule !== undefined;
  const found: (readonly [string, string])[] = isWhole ? [['Google', google.href]] : [];
  // Outlook's links know no rules.
  if (isSeries) return found;
  const told = outlookTimes(invitation);
  for (const [name, host] of [
    ['Outlook.com', 'outlook.live.com'],
    ['Microsoft 365', 'outlook.office.com'],
  ] as const) {
    const outlook = new URL(`https://${host}/calendar/0/deeplink/compose?path=/calendar/action/compose&rru=addevent`);
    put(outlook, { subject: title, ...told, body: details, location: place });
    found.push([name, outlook.href]);
  }
  return found;
}

/** The rule of a series that says all: days that are described by themselves, or dates beside it, no link can tell. */
function ruleOf({ copy }: Invitation): string | undefined {
  const { master, overrides } = copy;
  if (master === undefined || overrides.size > 0) return undefined;
  const rules = propertiesOf(master, 'RRULE');
  const isMore = ['RDATE', 'EXDATE', 'EXRULE'].some((name) => propertyOf(master, name) !== undefined);
  return rules.length === 1 && !isMore ? rules[0]?.value : undefined;
}

const put = (url: URL, params: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(params)) if (value !== '') url.searchParams.set(name, value);
};

function googleDates({ time, floating }: Invitation): string {
  if (time === undefined) return '';
  const { kind, start, end } = toldIn(time, floating);
  const text = (wall: number): string => formatTimeValue({ kind: kind === 'days' ? 'date' : 'floating', wall });
  if (kind === 'days') return `${text(start)}/${text(end + DAY)}`;
  if (kind === 'floating') return `${text(start)}/${text(end)}`;
  return [time.start, time.end].map((wall) => formatTimeValue({ kind: 'utc', wall })).join('/');
}

function outlookTimes({ time, floating }: Invitation): Readonly<Record<string, string>> {
  if (time === undefined) return {};
  const { kind, start, end } = toldIn(time, floating);
  const text = (wall: number, length: number): string => new Date(wall).toISOString().slice(0, length);
  if (kind === 'days') return { startdt: text(start, 10), enddt: text(end + DAY, 10), allday: 'true' };
  if (kind === 'floating') return { startdt: text(start, 19), enddt: text(end, 19) };
  return { startdt: `${text(time.start, 19)}Z`, enddt: `${text(time.end, 19)}Z` };
}
