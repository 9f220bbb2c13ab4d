import type { MatchType, TextMatch } from '../ical/text-match.ts';
import type { CardFilter, FilterTest, PropFilter } from './filter.ts';

/** What columns of a database can say of an entry: one of its texts. */
export interface TextCondition {
  readonly field: 'name' | 'email';
  readonly match: MatchType;
  readonly text: string;
}

/** Conditions of which one has to hold, or all. */
export interface Narrowing {
  readonly test: FilterTest;
  readonly groups: readonly { readonly test: FilterTest; readonly conditions: readonly TextCondition[] }[];
}

const FIELDS: ReadonlyMap<string, TextCondition['field']> = new Map([
  ['FN', 'name'],
  ['EMAIL', 'email'],
]);

/** A database is asked no more and no longer texts than people search for. */
const MOST_TEXTS = 50;
const MOST_OF_TEXT = 200;

/**
 * What every matching entry fulfils, as far as names and addresses say it, compared without regard to case; undefined
 * where the filter leaves nothing of the kind. An entry that fulfils it is only a candidate.
 */
export function narrowingOf({ test, props }: CardFilter): Narrowing | undefined {
  const groups = props.map(groupOf);
  const known = groups.filter((group) => group !== undefined);
  const isEnough = test === 'allof' ? known.length > 0 : known.length > 0 && known.length === groups.length;
  const texts = known.flatMap(({ conditions }) => conditions);
  if (!isEnough || texts.length > MOST_TEXTS) return undefined;
  return { test, groups: known };
}

function groupOf({
  group,
  name,
  isNotDefined,
  test,
  texts,
  params,
}: PropFilter): Narrowing['groups'][number] | undefined {
  const field = FIELDS.get(name);
  if (field === undefined || group !== undefined || isNotDefined) return undefined;
  const usable = texts.filter(isUsable);
  const isEnough = test === 'allof' ? usable.length > 0 : usable.length === texts.length + params.length;
  if (!isEnough || usable.length === 0) return undefined;
  return { test, conditions: usable.map(({ text, matchType }) => ({ field, match: matchType, text })) };
}

const isUsable = ({ negate, text }: TextMatch): boolean => !negate && text.length <= MOST_OF_TEXT;
