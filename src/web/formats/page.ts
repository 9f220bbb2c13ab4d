import { hash } from 'node:crypto';

import { createTurns } from '../../base/turns.ts';
import { DAY } from '../../base/clock.ts';
import { Refusal } from '../../base/refusal.ts';
import { busyWithin, instancesWithin, type ShownInstance } from '../../calendar/link-content.ts';
import { shownRange } from '../../calendar/link-window.ts';
import { textOf } from '../../ical/public-form.ts';
import type { TimeRange, WallTime } from '../../ical/time-value.ts';
import { titleOf, type LinkRequest, type WebAnswer } from '../answer.ts';
import { askedRange } from '../asked-range.ts';
import { escapeHtml, webAddress } from '../html.ts';
import { dayText, wallSpan, type WallSpan } from '../instance-times.ts';
import { PAGE_STYLE } from '../page-style.ts';

/** Days on a page. */
const DAYS = 31;

const STYLE_HASH = hash('sha256', PAGE_STYLE, 'base64');
const HEADERS = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};

/** One line of the agenda. */
interface Entry {
  readonly span: WallSpan;
  readonly html: string;
}

/** The agenda, day by day in the zone of the calendar, for a person with a browser: no script, and every text escaped. */
export async function pageForm(request: LinkRequest): Promise<WebAnswer> {
  const { context, open, now, zone, window, query } = request;
  const asked = askedRange({ query, now, zone, back: 0, days: DAYS });
  const first = Math.floor((asked.start + zone.offsetAt(asked.start)) / DAY) * DAY;
  const range = shownRange(window, { start: zone.toUtc(first), end: zone.toUtc(first + DAYS * DAY) });
  const entries = open.link.busyOnly ? await busyEntries(request, range) : await eventEntries(request, range);
  const days = await daysOf(entries, first, context.limits.linkOctets);
  return {
    contentType: 'text/html; charset=utf-8',
    body: pageOf({ title: titleOf(open), zone: zone.id, first, days, window, toUtc: (wall) => zone.toUtc(wall) }),
    headers: HEADERS,
  };
}

async function eventEntries({ context, open, zone }: LinkRequest, range: TimeRange): Promise<readonly Entry[]> {
  const turns = createTurns();
  const entries: Entry[] = [];
  for (const instance of await instancesWithin(context, open, range)) {
    if (turns.isDue()) await turns.take();
    entries.push({ span: wallSpan(instance, zone), html: detailsOf(instance) });
  }
  return entries;
}

async function busyEntries({ context, open, zone }: LinkRequest, range: TimeRange): Promise<readonly Entry[]> {
  const words = { BUSY: 'Busy', 'BUSY-TENTATIVE': 'Tentative', 'BUSY-UNAVAILABLE': 'Unavailable' } as const;
  const wall = (instant: number): WallTime => instant + zone.offsetAt(instant);
  return (await busyWithin(context, open, range)).map(({ start, end, type }) => ({
    span: { allDay: false, start: wall(start), end: wall(end) },
    html: `<b>${words[type]}</b>`,
  }));
}

const MOST_DESCRIPTION = 2000;

function detailsOf({ component }: ShownInstance): string {
  const text = (name: string): string => escapeHtml(textOf(component, name) ?? '');
  const part = (tag: string, name: string): string =>
    text(name) === '' ? '' : `<p class="${tag}" dir="auto">${text(name)}</p>`;
  const description = textOf(component, 'DESCRIPTION') ?? '';
  const shown = description.length > MOST_DESCRIPTION ? `${description.slice(0, MOST_DESCRIPTION)} …` : description;
  const address = webAddress(textOf(component, 'URL'));
  const isCancelled = textOf(component, 'STATUS')?.toUpperCase() === 'CANCELLED';
  const title = `<b><bdi>${text('SUMMARY') || '(no title)'}</bdi></b>`;
  return [
    isCancelled ? `<s>${title}</s> (cancelled)` : title,
    part('place', 'LOCATION'),
    shown === '' ? '' : `<p class="words" dir="auto">${escapeHtml(shown)}</p>`,
    address === undefined
      ? ''
      : `<p><a href="${escapeHtml(address)}" rel="noopener noreferrer nofollow">Web page</a></p>`,
  ].join('');
}

/** The entries of each day that has some, those that last several days on each of them. */
async function daysOf(
  entries: readonly Entry[],
  first: WallTime,
  most: number,
): Promise<ReadonlyMap<WallTime, readonly string[]>> {
  const turns = createTurns();
  const days = new Map<WallTime, string[]>();
  let left = most;
  for (const { span, html } of entries) {
    if (turns.isDue()) await turns.take();
    const last = Math.min(Math.max(span.end - 1, span.start), first + DAYS * DAY - 1);
    for (let day = Math.max(Math.floor(span.start / DAY) * DAY, first); day <= last; day += DAY) {
      left -= html.length;
      if (left < 0) throw new Refusal('number-of-matches-within-limits', 'There is too much in these days');
      const lines = days.get(day) ?? [];
      days.set(day, lines);
      lines.push(`<li><span class="time">${timesOn(span, day)}</span><div>${html}</div></li>`);
    }
  }
  return new Map([...days].sort(([one], [other]) => one - other));
}

const clock = (wall: WallTime): string => new Date(wall).toISOString().slice(11, 16);

/** When it is, on one of its days. */
function timesOn({ allDay, start, end }: WallSpan, day: WallTime): string {
  const [from, until] = [start > day, end < day + DAY];
  if (allDay || (!from && !until && start < day)) return 'all day';
  if (start >= day && end <= start) return clock(start);
  return `${start >= day ? clock(start) : '…'}–${end <= day + DAY ? clock(end) : '…'}`;
}

interface Page {
  readonly title: string;
  readonly zone: string;
  readonly first: WallTime;
  readonly days: ReadonlyMap<WallTime, readonly string[]>;
  readonly window: TimeRange;
  readonly toUtc: (wall: WallTime) => number;
}

const DAY_NAME = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});

function pageOf({ title, zone, first, days, window, toUtc }: Page): string {
  const name = escapeHtml(title);
  const sections = [...days].map(
    ([day, lines]) =>
      `<section><h2><time datetime="${dayText(day)}">${DAY_NAME.format(day)}</time></h2>\n<ul>\n${lines.join('\n')}\n</ul></section>`,
  );
  const end = first + DAYS * DAY;
  const link = (start: WallTime, words: string): string => `<a href="?start=${dayText(start)}">${words}</a>`;
  const nav = [
    toUtc(first) > window.start ? link(first - DAYS * DAY, '← Earlier') : '',
    toUtc(end) < window.end ? link(end, 'Later →') : '',
  ];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${name}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<h1><bdi>${name}</bdi></h1>
<p class="about">${DAY_NAME.format(first)} to ${DAY_NAME.format(end - DAY)}, times of ${escapeHtml(zone)}</p>
<main>
${sections.length === 0 ? '<p>Nothing in these days.</p>' : sections.join('\n')}
</main>
<nav>${nav.join(' ')}</nav>
</body>
</html>
`;
}
