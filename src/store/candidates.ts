import { sql, type RawBuilder } from 'kysely';

import { textsOf, type Db } from './dialect.ts';
import {
  HEAD_COLUMNS,
  OBJECT_COLUMNS,
  toHead,
  toObject,
  type CalendarObject,
  type HeadRow,
  type ObjectHead,
} from './object-rows.ts';
import { BEGINNING, END, SPAN_LENGTHS } from './occurrences.ts';
import { prepared } from './prepared.ts';

/** An object that may touch a range of time. */
export interface Candidate extends ObjectHead {
  /** The index alone proves that an instance touches the range; otherwise the octets decide. */
  readonly decided: boolean;
}

export interface CandidateObject extends CalendarObject {
  readonly decided: boolean;
}

/** [start, end), UTC milliseconds or ±Infinity. */
export interface RangeQuestion {
  readonly start: number;
  readonly end: number;
  /** Only objects of these components. */
  readonly components?: readonly string[];
}

/**
 * Every object that may touch a range, each once, in no order. None that touches it is missing; those not `decided`
 * may turn out not to. The cost goes with what lies in the range, not with the size of the calendar.
 */
export async function candidatesInRange(db: Db, collectionId: string, question: RangeQuestion): Promise<Candidate[]> {
  const { rows } = await selectCandidates(db, parametersOf(collectionId, question));
  return rows.map((row) => ({ ...toHead(row), decided: row.proof === 1 }));
}

/** As candidatesInRange, with the octets of all. */
export async function candidateObjectsInRange(
  db: Db,
  collectionId: string,
  question: RangeQuestion,
): Promise<CandidateObject[]> {
  const { rows } = await selectCandidateObjects(db, parametersOf(collectionId, question));
  return rows.map((row) => ({ ...toObject(row), decided: row.proof === 1 }));
}

type CandidateRow = HeadRow & { readonly proof: number };
type CandidateObjectRow = CandidateRow & { readonly octets: Uint8Array };

const selectCandidates = prepared((db, parameters: RangeParameters) =>
  candidateQuery<CandidateRow>(db, parameters, HEAD_COLUMNS).compile(db),
);

const selectCandidateObjects = prepared((db, parameters: RangeParameters) =>
  candidateQuery<CandidateObjectRow>(db, parameters, OBJECT_COLUMNS).compile(db),
);

/** The earliest start of each class of length, by its name. */
type Earliest = Readonly<Record<`earliest${number}`, number>>;

type RangeParameters = Earliest & {
  readonly collectionId: string;
  readonly from: number;
  readonly until: number;
  /** JSON list; null: every component. */
  readonly components: string | null;
};

function parametersOf(collectionId: string, { start, end, components }: RangeQuestion): RangeParameters {
  const from = Math.max(start, BEGINNING);
  const earliest: Record<`earliest${number}`, number> = {};
  for (const [span, longest] of SPAN_LENGTHS.entries())
    earliest[`earliest${span}`] = Math.max(from - longest, BEGINNING);
  return {
    ...earliest,
    collectionId,
    from,
    until: Math.min(end, END),
    components: components === undefined ? null : JSON.stringify(components),
  };
}

function candidateQuery<Row>(db: Db, parameters: RangeParameters, columns: readonly string[]): RawBuilder<Row> {
  const { collectionId, from, until, components } = parameters;
  const key = sql`(select key from collections where id = ${collectionId})`;
  // One scan a class of length, each bounded on both sides of the index. What has no length touches a range where
  // it lies in it.
  const scans = SPAN_LENGTHS.map(
    (_, span) => sql`
      select object_key, proof from occurrences
      where collection_key = ${key} and span = ${sql.lit(span)}
        and start_at >= ${parameters[`earliest${span}`]} and start_at < ${until}
        and (end_at > ${from} or (end_at = start_at and start_at >= ${from}))`,
  );
  return sql<Row>`
    select ${sql.join(columns.map((column) => sql.ref(column)))}, hit.proof
    from (
      select object_key, max(proof) as proof from (${sql.join(scans, sql` union all `)}) as hits group by object_key
    ) as hit
    join objects on objects.key = hit.object_key
    where cast(${components} as text) is null or objects.component in ${textsOf(db, components ?? '')}`;
}
