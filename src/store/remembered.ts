import { stampOf, type Db } from './dialect.ts';

/** Answers kept at most, of each look-up. */
const MOST = 5000;

interface Memory<R> {
  /** The database's state that the answers are of. */
  stamp: number;
  readonly answers: Map<string, R>;
}

/**
 * A look-up that each request makes, answered from memory until anybody commits anything, in whatever process: to see
 * that nobody did costs a microsecond, a row of thirty columns ten. Where the connection cannot tell (a transaction, which
 * may read what is never committed, or PostgreSQL), each call reads. What is answered must not be changed by who asks.
 */
export function remembered<P, R>(
  keyOf: (parameters: P) => string,
  read: (db: Db, parameters: P) => Promise<R>,
): (db: Db, parameters: P) => R | Promise<R> {
  const memories = new WeakMap<Db, Memory<R>>();
  const readAndKeep = async ({ answers }: Memory<R>, db: Db, parameters: P): Promise<R> => {
    const answer = await read(db, parameters);
    if (answers.size >= MOST) answers.clear();
    answers.set(keyOf(parameters), answer);
    return answer;
  };
  return (db, parameters) => {
    const stamp = stampOf(db);
    if (stamp === undefined) return read(db, parameters);
    let memory = memories.get(db);
    // A new map, not an empty one: who still reads for the old one must not put an answer of then into that of now.
    if (memory?.stamp !== stamp) memories.set(db, (memory = { stamp, answers: new Map() }));
    return memory.answers.get(keyOf(parameters)) ?? readAndKeep(memory, db, parameters);
  };
}
