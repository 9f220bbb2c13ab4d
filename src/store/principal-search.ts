import { sql, type RawBuilder } from 'kysely';

import type { Db } from './dialect.ts';
import { likePattern } from './fold.ts';
import { toPrincipal, type Principal } from './principal-rows.ts';
import type { PrincipalKind } from './principal-schema.ts';

export interface SearchClause {
  readonly field: 'name' | 'email' | 'id';
  readonly match: 'contains' | 'starts-with' | 'equals' | 'ends-with';
  readonly text: string;
}

export interface PrincipalSearch {
  readonly clauses: readonly SearchClause[];
  /** Whether one clause has to hold, or all. Without a clause, every principal is found. */
  readonly test: 'anyof' | 'allof';
  readonly kinds?: readonly PrincipalKind[];
  readonly limit: number;
}

/** A stretch of the principals in the order of ids; what is left out has no bound. */
export interface Stretch {
  readonly after?: string | undefined;
  readonly upTo?: string | undefined;
}

/** The last id of the `span` principals after an id; undefined: there are fewer. */
export async function endOfStretch(
  db: Db,
  { after, span }: { readonly after: string | undefined; readonly span: number },
): Promise<string | undefined> {
  let query = db
    .selectFrom('principals')
    .select('id')
    .orderBy('id')
    .offset(span - 1)
    .limit(1);
  if (after !== undefined) query = query.where('id', '>', after);
  return (await query.executeTakeFirst())?.id;
}

/** Principals by name, address or id, without regard to case, in the order of names. */
export async function searchPrincipals(
  db: Db,
  { clauses, test, kinds, limit }: PrincipalSearch,
  { after, upTo }: Stretch = {},
): Promise<Principal[]> {
  let query = db.selectFrom('principals').selectAll().orderBy('folded_name').orderBy('id').limit(limit);
  if (after !== undefined) query = query.where('id', '>', after);
  if (upTo !== undefined) query = query.where('id', '<=', upTo);
  if (kinds !== undefined) query = query.where('kind', 'in', kinds);
  if (clauses.length > 0) {
    const between = test === 'anyof' ? sql` or ` : sql` and `;
    query = query.where(sql<boolean>`(${sql.join(clauses.map(conditionOf), between)})`);
  }
  return (await query.execute()).map(toPrincipal);
}

/** Columns hold folded text, and so does the pattern. */
function conditionOf({ field, match, text }: SearchClause): RawBuilder<boolean> {
  const pattern = likePattern(text, match);
  switch (field) {
    case 'name':
      return sql<boolean>`folded_name like ${pattern} escape '\\'`;
    case 'id':
      return sql<boolean>`login like ${pattern} escape '\\'`;
    case 'email':
      return sql<boolean>`exists (
        select 1 from addresses where principal_id = principals.id and address like ${pattern} escape '\\')`;
  }
}
