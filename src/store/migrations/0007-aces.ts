import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Access control: who may and who may not do what with a collection, beside its owner (RFC 3744 §5.5). */
export async function aces(tx: Db): Promise<void> {
  const { text, integer, clustered } = traitsOf(tx).ddl;
  const statements = [
    `create table aces (
      home_id ${text} not null references principals (id) on delete cascade,
      collection_id ${text} not null references collections (id) on delete cascade,
      place ${integer} not null,
      principal_id ${text} references principals (id) on delete cascade,
      deny ${integer} not null,
      privileges ${text} not null,
      primary key (home_id, collection_id, place)
    ) ${clustered}`,
    'create index aces_of_collection on aces (collection_id)',
    'create index aces_of_principal on aces (principal_id)',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
