import { sql, type RawBuilder } from 'kysely';

import { createTurns } from '../base/turns.ts';
import { AFTER_MARKS, leftOutMark } from '../ical/search-text.ts';
import type { Db } from './dialect.ts';
import { prepared } from './prepared.ts';

/** A text of a property, folded as the search text is. */
export interface SoughtText {
  readonly name: string;
  readonly text: string;
}

/** Change sequences of one statement, so that none holds up the event loop: about as many objects at most. */
const SEQUENCES = 20_000;

/**
 * Keys of the objects of a collection that may have one of the texts, page by page, in no order: those in whose search
 * text it stands, and those of which it is not known. The index is read from end to end, and no object.
 */
export async function* keysWithText(
  db: Db,
  collectionId: string,
  texts: readonly SoughtText[],
  sequences = SEQUENCES,
): AsyncGenerator<readonly number[], void> {
  const [ends] = (await selectEnds(db, { collectionId })).rows;
  if (ends?.first === undefined || ends.first === null || ends.last === null) return;
  const turns = createTurns();
  const select = selectWith(texts.length);
  const sought = Object.fromEntries(
    texts.flatMap(({ name, text }, at) => [
      [`text${at}`, containing(text)],
      [`mark${at}`, containing(leftOutMark(name))],
    ]),
  );
  for (let after = Number(ends.first) - 1; after < Number(ends.last); after += sequences) {
    const { rows } = await select(db, { ...sought, collectionId, after, until: after + sequences });
    if (rows.length > 0) yield rows.map(({ key }) => key);
    if (turns.isDue()) await turns.take();
  }
}

/** UIDs of one statement. */
const UIDS = 5000;
/** In octets, no UID comes after it. */
const LAST = '\u{10FFFF}';

/** Keys of the objects of a calendar whose UID holds a text of ASCII, in whatever case; page by page, from the index. */
export async function* keysWithUid(
  db: Db,
  collectionId: string,
  text: string,
  uids = UIDS,
): AsyncGenerator<readonly number[], void> {
  const turns = createTurns();
  const pattern = containing(text.toUpperCase());
  for (let after: string | undefined = ''; after !== undefined;) {
    const [end]: readonly { readonly uid: string }[] = (await selectUidAfter(db, { collectionId, after, uids })).rows;
    const { rows } = await selectUids(db, { collectionId, after, until: end?.uid ?? LAST, pattern });
    if (rows.length > 0) yield rows.map(({ key }) => key);
    after = end?.uid;
    if (turns.isDue()) await turns.take();
  }
}

const selectUidAfter = prepared((db, page: { collectionId: string; after: string; uids: number }) =>
  sql<{ readonly uid: string }>`
    select uid from objects where collection_id = ${page.collectionId} and uid > ${page.after}
    order by uid limit 1 offset ${page.uids}`.compile(db),
);

const selectUids = prepared((db, page: { collectionId: string; after: string; until: string; pattern: string }) =>
  sql<{ readonly key: number }>`
    select key from objects
    where collection_id = ${page.collectionId} and uid > ${page.after} and uid <= ${page.until}
      and upper(uid) like ${page.pattern} escape '\\'`.compile(db),
);

const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

const selectEnds = prepared((db, { collectionId }: { collectionId: string }) => {
  // One at a time each is a seek.
  const end = (aggregate: 'min' | 'max') =>
    sql`(select ${sql.raw(aggregate)}(created_seq) from objects where collection_id = ${collectionId})`;
  return sql<{ readonly first: number | string | null; readonly last: number | string | null }>`
    select ${end('min')} as first, ${end('max')} as last`.compile(db);
});

type Sought = Readonly<Record<`text${number}` | `mark${number}`, string>>;
type Window = Sought & { readonly collectionId: string; readonly after: number; readonly until: number };

// One statement a number of texts; a handful occur.
const statements = new Map<number, ReturnType<typeof prepareWith>>();

function selectWith(count: number): ReturnType<typeof prepareWith> {
  const statement = statements.get(count) ?? prepareWith(count);
  statements.set(count, statement);
  return statement;
}

/** LIKE rather than a search for the place: SQLite takes half as long for it. */
const like = (pattern: string | undefined): RawBuilder<unknown> => sql`search_text like ${pattern} escape '\\'`;

const anyOf = (tests: readonly RawBuilder<unknown>[]): RawBuilder<unknown> => sql.join(tests, sql` or `);

const prepareWith = (count: number) =>
  prepared((db, window: Window) => {
    const all = Array.from({ length: count }, (_, at) => at);
    const holds = anyOf(all.map((at) => like(window[`text${at}`])));
    const isLeftOut = anyOf(all.map((at) => like(window[`mark${at}`])));
    // No other column, or the objects would be read.
    return sql<{ readonly key: number }>`
      select key from objects
      where collection_id = ${window.collectionId}
        and created_seq > ${window.after} and created_seq <= ${window.until}
        and (search_text is null or ${holds} or (search_text < ${sql.lit(AFTER_MARKS)} and (${isLeftOut})))`.compile(
      db,
    );
  });
