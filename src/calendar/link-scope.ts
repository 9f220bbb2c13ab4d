import { BadRequest } from '../base/refusal.ts';
import type { LinkScope } from '../store/links.ts';

/** The forms in which a link answers: iCalendar, JSON, free-busy and a page. */
export const LINK_FORMATS = ['ics', 'json', 'ifb', 'html'] as const;
export type LinkFormat = (typeof LINK_FORMATS)[number];

/** What a link is to show; what is left out bounds nothing. Instants are UTC milliseconds. */
export interface AskedScope {
  readonly name?: string | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly busyOnly?: boolean;
  readonly people?: boolean;
  readonly daysBack?: number | undefined;
  readonly daysAhead?: number | undefined;
  readonly from?: number | undefined;
  /** Exclusive. */
  readonly until?: number | undefined;
  readonly formats?: readonly string[] | undefined;
  readonly expiresAt?: number | undefined;
  readonly mostUses?: number | undefined;
}

const MOST_NAME = 200;
const MOST_CATEGORIES = 50;
const MOST_DAYS = 36_500;

/** The scope as it is stored. Throws BadRequest for one that shows nothing, ever, or that cannot be meant. */
export function readScope(asked: AskedScope, now: number): Omit<LinkScope, 'passwordHash'> {
  const { name, categories, busyOnly = false, people = false, daysBack, daysAhead, from, until } = asked;
  const { formats, expiresAt, mostUses } = asked;
  require(name === undefined || (name.trim() !== '' && name.length <= MOST_NAME), 'the name of the link');
  require(categories === undefined || areCategories(categories), 'the categories of the link');
  require(formats === undefined || (formats.length > 0 && formats.every(isLinkFormat)), 'the formats of the link');
  require([daysBack, daysAhead].every(
    (days) => days === undefined || isWhole(days, MOST_DAYS),
  ), 'the days of the link');
  require((daysBack ?? daysAhead) === undefined || (from ?? until) === undefined, 'days and dates of one link');
  require(from === undefined || until === undefined || from < until, 'the window of the link');
  require(expiresAt === undefined || expiresAt > now, 'the expiry of the link');
  require(mostUses === undefined || (mostUses > 0 && isWhole(mostUses, 1_000_000_000)), 'the uses of the link');
  return { name, categories, busyOnly, people, daysBack, daysAhead, from, until, formats, expiresAt, mostUses };
}

export const isLinkFormat = (format: string): format is LinkFormat =>
  (LINK_FORMATS as readonly string[]).includes(format);

function require(holds: boolean, what: string): void {
  if (!holds) throw new BadRequest(`This cannot be: ${what}`);
}

const isWhole = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= most;

const areCategories = (categories: readonly string[]): boolean =>
  categories.length > 0 &&
  categories.length <= MOST_CATEGORIES &&
  categories.every((each) => each.trim() !== '' && each.length <= MOST_NAME);
