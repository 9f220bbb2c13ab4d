import { sql, type RawBuilder } from 'kysely';

import type { Db } from './dialect.ts';
import { likePattern } from './fold.ts';
import { endOfStretch } from './principal-search.ts';
import { toPrincipal, type Principal } from './principal-rows.ts';

/** A text of a principal, compared without regard to case. */
export interface TextCondition {
  readonly field: 'name' | 'email';
  readonly match: 'contains' | 'starts-with' | 'equals' | 'ends-with';
  readonly text: string;
}

/** Conditions of which one has to hold, or all. */
export interface Narrowing {
  readonly test: 'anyof' | 'allof';
  readonly groups: readonly { readonly test: 'anyof' | 'allof'; readonly conditions: readonly TextCondition[] }[];
}

export interface DirectoryQuestion {
  /** The last id that was looked at. */
  readonly after: string | undefined;
  /** Principals that are looked at, whether or not they are found: what one page costs. */
  readonly span: number;
  /** Only those that fulfil this, and those whose texts are not ASCII alone: of them, case is not all there is. */
  readonly narrowing: Narrowing | undefined;
}

export interface DirectoryPage {
  readonly principals: readonly Principal[];
  /** Where the next page begins; undefined: this was the last. */
  readonly next: string | undefined;
}

/** A page of principals of every kind, in the order of ids. */
export async function directoryPage(db: Db, { after, span, narrowing }: DirectoryQuestion): Promise<DirectoryPage> {
  let within = db.selectFrom('principals').orderBy('id');
  if (after !== undefined) within = within.where('id', '>', after);
  if (narrowing === undefined) {
    const rows = await within.selectAll().limit(span).execute();
    return { principals: rows.map(toPrincipal), next: rows.length < span ? undefined : rows.at(-1)?.id };
  }
  const next = await endOfStretch(db, { after, span });
  let found = within.selectAll().where(conditionOf(narrowing));
  if (next !== undefined) found = found.where('id', '<=', next);
  return { principals: (await found.execute()).map(toPrincipal), next };
}

function conditionOf({ test, groups }: Narrowing): RawBuilder<boolean> {
  return joined(
    test,
    groups.map((group) => joined(group.test, group.conditions.map(textCondition))),
  );
}

const joined = (test: 'anyof' | 'allof', conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  sql<boolean>`(${sql.join(conditions, test === 'anyof' ? sql` or ` : sql` and `)})`;

/** Columns hold folded text, and so does the pattern. A text of other octets than characters is not ASCII;
 * who has no name is shown by another text. */
function textCondition({ field, match, text }: TextCondition): RawBuilder<boolean> {
  const pattern = likePattern(text, match);
  return field === 'name'
    ? sql<boolean>`(folded_name like ${pattern} escape '\\' or octet_length(name) <> length(name)
        or trim(name) = '')`
    : sql<boolean>`exists (select 1 from addresses where principal_id = principals.id
        and (address like ${pattern} escape '\\' or octet_length(address) <> length(address)))`;
}

/** The guids of a group's direct members in the order of their ids, a page after the member with the id `after`. */
export async function memberGuids(
  db: Db,
  groupId: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<{ readonly id: string; readonly guid: string }[]> {
  let query = db
    .selectFrom('group_members')
    .innerJoin('principals', 'principals.id', 'group_members.member_id')
    .select(['principals.id', 'principals.guid'])
    .where('group_id', '=', groupId)
    .orderBy('group_members.member_id')
    .limit(limit);
  if (after !== undefined) query = query.where('group_members.member_id', '>', after);
  return query.execute();
}
