import { sql } from 'kysely';

import type { Db } from './dialect.ts';
import { BEGINNING, END, SPAN_LENGTHS } from './occurrences.ts';
import { prepared } from './prepared.ts';
import type { OccurrenceTable } from './object-schema.ts';

/** [start, end), UTC milliseconds or ±Infinity. */
export interface InstantRange {
  readonly start: number;
  readonly end: number;
}

/** A range as the columns know instants, in one collection. */
export interface Bounds {
  readonly collectionId: string;
  readonly from: number;
  readonly until: number;
}

export const boundsOf = (collectionId: string, { start, end }: InstantRange): Bounds => ({
  collectionId,
  from: Math.max(start, BEGINNING),
  until: Math.min(end, END),
});

/** Where a class of length begins that may still touch what starts at `from`. */
export const earliestOf = (from: number, span: number): number =>
  Math.max(from - (SPAN_LENGTHS[span] ?? Infinity), BEGINNING);

export const keyOf = (collectionId: string) => sql`(select key from collections where id = ${collectionId})`;

/** What begins before `until` and ends after `from`; what has no length touches a range where it lies in it. */
export const touches = ({ from, until }: Pick<Bounds, 'from' | 'until'>) =>
  sql`start_at < ${until} and (end_at > ${from} or (end_at = start_at and start_at >= ${from}))`;

export type OccurrenceRow = Pick<OccurrenceTable, 'object_key' | 'start_at' | 'end_at' | 'proof' | 'busy'>;

/**
 * The rows that touch a range, so many at a time, that no statement holds up the event loop: class of length by class
 * of length, each in order of start.
 */
export async function* occurrencePages(
  db: Db,
  { collectionId, from, until }: Bounds,
  limit: number,
): AsyncGenerator<readonly OccurrenceRow[], void> {
  for (const span of SPAN_LENGTHS.keys()) {
    let at = { start_at: earliestOf(from, span), end_at: BEGINNING, object_key: 0 };
    for (let isMore = true; isMore;) {
      const { start_at, end_at, object_key } = at;
      const { rows } = await selectRows(db, { collectionId, span, from, until, start_at, end_at, object_key, limit });
      if (rows.length > 0) yield rows;
      at = rows.at(-1) ?? at;
      isMore = rows.length === limit;
    }
  }
}

interface RowsPage extends Bounds {
  readonly span: number;
  /** The last row of the page before. */
  readonly start_at: number;
  readonly end_at: number;
  readonly object_key: number;
  readonly limit: number;
}

const selectRows = prepared((db, page: RowsPage) =>
  sql<OccurrenceRow>`
    select object_key, start_at, end_at, proof, busy from occurrences
    where collection_key = ${keyOf(page.collectionId)} and span = ${page.span}
      and (start_at, end_at, object_key) > (${page.start_at}, ${page.end_at}, ${page.object_key})
      and ${touches(page)}
    order by start_at, end_at, object_key limit ${page.limit}`.compile(db),
);
