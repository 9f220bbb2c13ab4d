import { paramOf, propertiesOf, propertyOf, type Component, type Property } from '../../ical/component.ts';
import { P } from '../../ical/names.ts';
import { unescapeText } from '../../ical/text.ts';
import { zoneByTzid, UTC, zonesOf } from '../../ical/timezone.ts';
import { timeOf } from '../../ical/time-value.ts';
import { addressKey, attendeesOf, isOneOf, organizerOf } from '../../itip/address.ts';
import { delegatesIn } from '../../itip/delegation.ts';
import { messageComponents } from '../../itip/message.ts';
import { mailAddressOf } from '../address.ts';
import { oneLine } from '../header.ts';
import type { MailInput, NoticeInput } from '../outgoing.ts';
import { changeLines, keysIn, oldRows } from './changes-text.ts';
import { kindOf } from './kind.ts';
import { wordsOf } from './languages.ts';
import { listText, repeatsText } from './rule-text.ts';
import { dayText, whenText } from './times.ts';
import type { Telling } from './telling.ts';
import type { Words } from './words.ts';

/** A mail in words: plain text, of which nothing is escaped or wrapped. */
export interface MailText {
  /** BCP 47. */
  readonly locale: string;
  readonly subject: string;
  readonly lead: string;
  /** What is different; empty where nothing can be said. */
  readonly changes: { readonly title: string; readonly lines: readonly string[] };
  readonly rows: readonly MailRow[];
  readonly answers: { readonly question: string; readonly here: string; readonly links: readonly MailLink[] };
  readonly footer: string;
}

export interface MailRow {
  readonly label: string;
  readonly value: string;
  /** What it was before. */
  readonly was: string | undefined;
  /** An https: or http: URL that the value is. */
  readonly url: string | undefined;
}

export interface MailLink {
  readonly label: string;
  readonly url: string;
}

const MOST_TITLE = 150;
const MOST_NAME = 100;
const MOST_LINE = 300;
const MOST_TEXT = 4000;
const MOST_GUESTS = 10;
/** Days that one message names. */
const MOST_DAYS = 12;

/** What a mail says of a message. What the message does not hold is not said: other guests may be hidden. */
export function mailText(input: MailInput): MailText {
  const words = wordsOf(input.language);
  const kind = kindOf(input);
  const own = zonesOf(input.message.calendar);
  const zone = zoneByTzid(input.zone) ?? UTC;
  const context = { zones: own, floating: zone };
  const telling: Telling = { input, kind, reader: { words, zone }, context, keys: keysIn(input.message) };
  const who = nameOf(input.sender);
  const [first] = messageComponents(input.message);
  const title = titleOf(first, words);
  const lines = changeLines(telling);
  return {
    locale: words.locale,
    subject: words.subject[kind](withDay(telling, title)),
    lead: words.lead[kind](who, withDay(telling, words.quoted(title))),
    changes: { title: words.whatChanged, lines },
    rows: rowsOf(telling),
    answers: { question: words.question, here: words.answerHere, links: linksOf(input, words) },
    footer: words.footer(who),
  };
}

/** What a notice says of a message that did not arrive. */
export function noticeText({ notice, language }: NoticeInput): MailText {
  const words = wordsOf(language);
  const title = oneLine(notice.summary, MOST_TITLE) || words.untitled;
  const to = oneLine(notice.name, MOST_NAME);
  const reason = oneLine(`${notice.status} ${notice.reason}`, MOST_LINE);
  const recipient = to === '' || to === notice.address ? notice.address : `${to} <${notice.address}>`;
  return {
    locale: words.locale,
    subject: words.subject.notice(title),
    lead: words.lead.notice('', words.quoted(title)),
    changes: { title: '', lines: [] },
    rows: [row(words.rows.recipient, recipient), row(words.rows.reason, reason)],
    answers: { question: '', here: '', links: [] },
    footer: words.noticeFooter,
  };
}

/** What is as it was before, after all, has no before. */
const row = (label: string, value: string, { was, url }: Partial<MailRow> = {}): MailRow => ({
  ...{ label, value, url },
  was: was === value ? undefined : was,
});

const nameOf = ({ name, address }: MailInput['sender']): string => oneLine(name, MOST_NAME) || address;

const textOf = (component: Component | undefined, name: string, most: number): string => {
  const value = component && propertyOf(component, name)?.value;
  return value === undefined ? '' : oneLine(unescapeText(value.slice(0, most * 8)), most);
};

const titleOf = (component: Component | undefined, words: Words): string =>
  textOf(component, P.SUMMARY, MOST_TITLE) || words.untitled;

/** What a message about one day only is about. */
function withDay({ input, reader, context }: Telling, what: string): string {
  const components = messageComponents(input.message);
  const id = components.length === 1 ? components[0] && propertyOf(components[0], P['RECURRENCE-ID']) : undefined;
  const day = id && timeOf(id);
  return day === undefined ? what : reader.words.ofDay(what, dayText(day, context, reader));
}

function rowsOf(telling: Telling): readonly MailRow[] {
  const { input, reader } = telling;
  const components = messageComponents(input.message);
  const master = components.find((each) => propertyOf(each, P['RECURRENCE-ID']) === undefined);
  const main = master ?? components[0];
  if (main === undefined) return [];
  const shown = master === undefined ? components.slice(0, MOST_DAYS) : [master];
  const times = shown.flatMap((component) => timeRows(telling, component));
  const rest = components.length - shown.length;
  const more = master === undefined && rest > 0 ? [row('', reader.words.more(rest))] : [];
  if (input.message.method === 'REPLY') return [...times, ...more, ...answerRows(telling, components)];
  return [...times, ...more, ...placeRows(telling, main), ...peopleRows(telling, main), ...textRows(telling, main)];
}

function timeRows(telling: Telling, component: Component): readonly MailRow[] {
  const { kind, reader, context } = telling;
  const { words } = reader;
  const old = oldRows(telling, component);
  const isDue = component.name === 'VTODO' && propertyOf(component, P.DTSTART) === undefined;
  const label = kind === 'counter' ? words.rows.proposed : isDue ? words.rows.due : words.rows.when;
  const when = whenText(component, context, reader);
  const rows = when === undefined ? [] : [row(label, when, { was: old.when })];
  const repeats = repeatsText(component, context, reader);
  if (repeats !== undefined) rows.push(row(words.rows.repeats, repeats, { was: old.repeats }));
  return rows;
}

function placeRows(telling: Telling, main: Component): readonly MailRow[] {
  const { reader, kind } = telling;
  const { rows: names } = reader.words;
  const old = oldRows(telling, main);
  const where = textOf(main, P.LOCATION, MOST_LINE);
  const rows = where === '' && old.where === undefined ? [] : [row(names.where, where || '–', { was: old.where })];
  if (kind === 'cancelled' || kind === 'removed') return rows;
  const links = [...propertiesOf(main, P.CONFERENCE), ...propertiesOf(main, P.URL)].slice(0, 3);
  return [...rows, ...links.flatMap((property) => linkRow(property, names.link))];
}

/** Only what a browser opens as a page is linked; anything else is a text like any other. */
function linkRow(property: Property, label: string): readonly MailRow[] {
  const value = oneLine(property.value, 2000);
  if (value === '') return [];
  return [row(label, value, { url: webUrl(value) })];
}

/** The URL in the form in which it is linked; undefined for any scheme but https: and http:. */
export function webUrl(value: string): string | undefined {
  if (!/^https?:\/\/[^\s]+$/i.test(value)) return undefined;
  return URL.parse(value)?.href;
}

function peopleRows({ input, reader, kind }: Telling, main: Component): readonly MailRow[] {
  const { words } = reader;
  if (kind === 'removed' || kind === 'refresh' || kind === 'counter') return [];
  const organizer = propertyOf(main, P.ORGANIZER);
  const isMe = isOneOf(`mailto:${input.recipient.address}`);
  const rows: MailRow[] = [];
  if (organizer !== undefined && !isMe(organizer.value)) rows.push(row(words.rows.organizer, personText(organizer)));
  const own = organizerOf(main) ?? '';
  const others = [...attendeesOf(main).values()].filter(
    ({ value }) => !isMe(value) && addressKey(value) !== addressKey(own),
  );
  if (others.length > 0) rows.push(row(words.rows.guests, guestsText(others, words)));
  return rows;
}

function guestsText(guests: readonly Property[], words: Words): string {
  const shown = guests.slice(0, MOST_GUESTS).map(personText);
  const more = guests.length - shown.length;
  return more > 0 ? `${shown.join(', ')} ${words.more(more)}` : listText(shown, words.locale);
}

/** A person by name, else by address. */
function personText(property: Property): string {
  const name = oneLine(paramOf(property, 'CN') ?? '', MOST_NAME);
  return name || mailAddressOf(property.value) || oneLine(property.value, MOST_NAME);
}

function textRows({ reader, kind }: Telling, main: Component): readonly MailRow[] {
  const { rows: names } = reader.words;
  const comments = propertiesOf(main, P.COMMENT)
    .slice(0, 5)
    .map(({ value }) => paragraphs(value));
  const rows = comments.filter((text) => text !== '').map((text) => row(names.comment, text));
  const isShort = kind === 'cancelled' || kind === 'removed' || kind === 'refresh' || kind === 'counter';
  const description = isShort ? '' : paragraphs(propertyOf(main, P.DESCRIPTION)?.value ?? '');
  return description === '' ? rows : [...rows, row(names.description, description)];
}

/** A longer text with its lines, each of which is one. */
function paragraphs(value: string): string {
  const text = unescapeText(value.slice(0, MOST_TEXT * 4));
  const lines = text.split(/\r\n|\r|\n/).map((line) => oneLine(line, MOST_TEXT));
  const whole = lines.join('\n').trim();
  return whole.length > MOST_TEXT ? `${whole.slice(0, MOST_TEXT).toWellFormed()}…` : whole;
}

/** Of an answer: to which days, to whom it was passed on, and the words that came with it. */
function answerRows({ reader }: Telling, components: readonly Component[]): readonly MailRow[] {
  const { rows: names } = reader.words;
  const [first] = components;
  if (first === undefined) return [];
  const attendees = [...attendeesOf(first).values()];
  const delegates = attendees.flatMap((each) => delegatesIn(each, 'DELEGATED-TO'));
  const names_ = delegates.map((to) => personText(attendees.find(({ value }) => isOneOf(to)(value)) ?? bare(to)));
  const rows = names_.length === 0 ? [] : [row(names.delegate, names_.join(', '))];
  const comments = new Set(components.flatMap((each) => propertiesOf(each, P.COMMENT).map(({ value }) => value)));
  const said = [...comments].slice(0, 5).map(paragraphs);
  return [...rows, ...said.filter((text) => text !== '').map((text) => row(names.comment, text))];
}

const bare = (value: string): Property => ({ name: P.ATTENDEE, params: new Map(), value, line: 0 });

/** The page is the same; `answer` is only what it proposes first. */
function linksOf({ answerUrl, message }: MailInput, words: Words): readonly MailLink[] {
  const isAsked = message.method === 'REQUEST' || message.method === 'ADD' || message.method === 'DECLINECOUNTER';
  if (answerUrl === undefined || !isAsked) return [];
  return (['accepted', 'tentative', 'declined', 'counter'] as const).map((answer) => ({
    label: words.buttons[answer],
    url: `${answerUrl}?answer=${answer}`,
  }));
}
