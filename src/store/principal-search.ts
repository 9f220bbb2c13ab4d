import { sql, type RawBuilder } from 'kysely';

import type { Db } from './dialect.ts';
import { likePattern } from './fold.ts';
import { toPrincipal, type Principal } from './principal-rows.ts';
import type { PrincipalKind } from './schema.ts';

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

/** Principals by name, address or id, without regard to case, in the order of names. */
export async function searchPrincipals(db: Db, search: PrincipalSearch): Promise<Principal[]> {
  const { clauses, test, kinds, limit } = search;
  let query = db.selectFrom('principals').selectAll().orderBy('folded_name').orderBy('id').limit(limit);
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
