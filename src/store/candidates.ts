import { sql, type RawBuilder } from 'kysely';

import { createTurns } from '../base/turns.ts';
import { integersOf, type Db } from './dialect.ts';
import { HEAD_COLUMNS, toHead, type HeadRow, type ObjectHead } from './object-rows.ts';
import {
  boundsOf,
  earliestOf,
  keyOf,
  occurrencePages,
  touches,
  type Bounds,
  type InstantRange,
} from './occurrence-pages.ts';
import { SPAN_LENGTHS } from './occurrences.ts';
import { prepared } from './prepared.ts';

/** An object that may touch a range of time. */
export interface Candidate extends ObjectHead {
  /** The index alone proves that an instance touches the range; otherwise the octets decide. */
  readonly decided: boolean;
}

export interface RangeQuestion extends InstantRange {
  /** Only objects of these components. */
  readonly components?: readonly string[];
}

/** How much one statement looks at, so that none holds up the event loop; tests have less. */
export interface Paging {
  /** Occurrence rows of the first statement, which is mostly the only one, and of each after it. */
  readonly first: number;
  readonly rows: number;
  /** Objects: each may have hundreds of rows. */
  readonly objects: number;
  /** An object that is asked for by itself costs as much as so many rows. */
  readonly rowsOfAnObject: number;
}

const PAGING: Paging = { first: 1000, rows: 1000, objects: 100, rowsOfAnObject: 4 };

/**
 * Every object that may touch a range, each once, in no order. None that touches it is missing; those not `decided`
 * may turn out not to. The cost goes with what lies in the range, not with the size of the calendar; a range that
 * holds more rows than the calendar has objects is asked object by object. It gives way between two statements.
 */
export async function candidatesInRange(
  db: Db,
  collectionId: string,
  question: RangeQuestion,
  paging = PAGING,
): Promise<Candidate[]> {
  const { components } = question;
  const asked = { ...parametersOf(collectionId, question), most: paging.first + 1 };
  const { rows } = await selectFew(db, asked);
  // SQLite gives the last key anew once its object was removed: between two statements it may become somebody else's.
  const isWanted = ({ component, collection_id: id }: HeadRow): boolean =>
    id === collectionId && (components === undefined || components.includes(component));
  if (rows.reduce((sum, { hits }) => sum + Number(hits), 0) <= paging.first) {
    return rows.filter(isWanted).map(toCandidate);
  }
  const found = (await byRows(db, asked, paging)) ?? (await byObjects(db, asked, paging));
  return found.filter(isWanted).map(toCandidate);
}

const toCandidate = (row: CandidateRow): Candidate => ({ ...toHead(row), decided: row.proof === 1 });

interface CandidateRow extends HeadRow {
  readonly proof: number;
}

/** The earliest start of each class of length, by its name. */
type Earliest = Readonly<Record<`earliest${number}`, number>>;

type RangeParameters = Earliest & Bounds;

function parametersOf(collectionId: string, question: InstantRange): RangeParameters {
  const bounds = boundsOf(collectionId, question);
  const earliest: Record<`earliest${number}`, number> = {};
  for (const span of SPAN_LENGTHS.keys()) earliest[`earliest${span}`] = earliestOf(bounds.from, span);
  return { ...earliest, ...bounds };
}

const heads = (columns: readonly string[]): RawBuilder<unknown> => sql.join(columns.map((column) => sql.ref(column)));

/** One scan a class of length, each bounded on both sides of the index; of `most` rows, in whatever order. */
const selectFew = prepared((db, parameters: RangeParameters & { readonly most: number }) => {
  const scans = SPAN_LENGTHS.map(
    (_, span) => sql`
      select object_key, proof from occurrences
      where collection_key = ${keyOf(parameters.collectionId)} and span = ${sql.lit(span)}
        and start_at >= ${parameters[`earliest${span}`]} and ${touches(parameters)}`,
  );
  return sql<CandidateRow & { readonly hits: number | string }>`
    select ${heads(HEAD_COLUMNS)}, hit.proof, hit.hits
    from (
      select object_key, max(proof) as proof, count(*) as hits
      from (select * from (${sql.join(scans, sql` union all `)}) as scans limit ${parameters.most}) as hits
      group by object_key
    ) as hit
    join objects on objects.key = hit.object_key`.compile(db);
});

/** The objects of all rows in the range, page by page; undefined where it is cheaper to ask each object. */
async function byRows(db: Db, asked: Bounds, paging: Paging): Promise<CandidateRow[] | undefined> {
  const { members } = (await selectMembers(db, asked)).rows[0] ?? { members: 0 };
  const most = members * paging.rowsOfAnObject;
  const turns = createTurns();
  const proofs = new Map<number, number>();
  let seen = 0;
  for await (const rows of occurrencePages(db, asked, paging.rows)) {
    for (const { object_key, proof } of rows) if (proofs.get(object_key) !== 1) proofs.set(object_key, proof);
    seen += rows.length;
    if (rows.length === paging.rows && seen > most) return undefined;
    if (turns.isDue()) await turns.take();
  }
  return byKeys(db, proofs, paging);
}

async function byKeys(db: Db, proofs: ReadonlyMap<number, number>, { objects }: Paging): Promise<CandidateRow[]> {
  const turns = createTurns();
  const found: CandidateRow[] = [];
  const keys = [...proofs.keys()];
  for (let from = 0; from < keys.length; from += objects) {
    const { rows } = await selectByKeys(db, { keys: JSON.stringify(keys.slice(from, from + objects).map(String)) });
    for (const { key, ...head } of rows) found.push({ ...head, proof: proofs.get(key) ?? 0 });
    if (turns.isDue()) await turns.take();
  }
  return found;
}

/** Each object of the calendar, page by page in the order of names, whether it has a row in the range. */
async function byObjects(db: Db, asked: RangeParameters, { objects }: Paging): Promise<CandidateRow[]> {
  const turns = createTurns();
  const found: CandidateRow[] = [];
  for (let after = '', isMore = true; isMore;) {
    const { rows } = await selectObjects(db, { ...asked, after, limit: objects });
    for (const { proof, ...head } of rows) if (proof !== null) found.push({ ...head, proof });
    after = rows.at(-1)?.name ?? after;
    isMore = rows.length === objects;
    if (turns.isDue()) await turns.take();
  }
  return found;
}

const selectMembers = prepared((db, { collectionId }: { collectionId: string }) =>
  db.selectFrom('collections').select('members').where('id', '=', collectionId).compile(),
);

const selectByKeys = prepared((db, { keys }: { keys: string }) =>
  sql<HeadRow & { readonly key: number }>`
    select ${heads(HEAD_COLUMNS)}, objects.key from objects
    where key in ${integersOf(db, keys)}`.compile(db),
);

/** Where occurrences are instants of their own, any in the range that is one proves it; of others none does. */
const selectObjects = prepared((db, page: RangeParameters & { readonly after: string; readonly limit: number }) => {
  // One seek a class of length, so that what lies before the range is not walked over.
  const exists = (more = sql``) =>
    sql.join(
      SPAN_LENGTHS.map(
        (_, span) => sql`exists (
          select 1 from occurrences
          where object_key = objects.key and collection_key = ${keyOf(page.collectionId)} and span = ${sql.lit(span)}
            and start_at >= ${page[`earliest${span}`]} and ${touches(page)}${more})`,
      ),
      sql` or `,
    );
  return sql<HeadRow & { readonly proof: number | null }>`
    select ${heads(HEAD_COLUMNS)},
      case
        when exact = 1 and floating = 0 and (${exists(sql` and proof = 1`)}) then 1
        when ${exists()} then 0
      end as proof
    from objects
    where collection_id = ${page.collectionId} and name > ${page.after}
    order by name limit ${page.limit}`.compile(db);
});
