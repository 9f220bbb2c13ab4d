import { sql } from 'kysely';

import { traitsOf, type Db } from '../dialect.ts';

/** Links by which people without a log-in see a calendar or a home. */
export async function links(tx: Db): Promise<void> {
  const { text, integer, bigint, table } = traitsOf(tx).ddl;
  const statements = [
    `create table links (
      id ${text} not null primary key,
      home_id ${text} not null references principals (id) on delete cascade,
      collection_id ${text} not null references collections (id) on delete cascade,
      creator_id ${text} not null references principals (id) on delete cascade,
      digest ${text} not null unique,
      token ${text},
      name ${text},
      categories ${text},
      busy_only ${integer} not null,
      people ${integer} not null,
      days_back ${integer},
      days_ahead ${integer},
      from_at ${bigint},
      until_at ${bigint},
      formats ${text},
      password_hash ${text},
      expires_at ${bigint},
      most_uses ${bigint},
      uses ${bigint} not null,
      used_at ${bigint},
      created_at ${bigint} not null
    ) ${table}`,
    'create index links_of_home on links (home_id, created_at)',
    'create index links_of_creator on links (creator_id)',
    'create index links_of_collection on links (collection_id)',
    'create unique index links_published on links (collection_id) where token is not null',
  ];
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
