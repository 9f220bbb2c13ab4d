import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** What a text is looked for in; null until an object is indexed anew. */
export async function searchText(tx: Db): Promise<void> {
  const { text } = traitsOf(tx).ddl;
  const statements = [
    `alter table objects add column search_text ${text}`,
    // Read alone, from end to end: a collection's objects lie in it as they came, so that a new one goes to its end.
    'create index objects_by_text on objects (collection_id, created_seq, search_text)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
