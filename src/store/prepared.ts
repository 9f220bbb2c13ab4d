import type { CompiledQuery, QueryResult } from 'kysely';

import { execute, traitsOf, type Db, type EngineTraits } from './dialect.ts';

/** Stands in a query for a parameter that comes later. */
class Slot {
  readonly parameter: string;
  constructor(parameter: string) {
    this.parameter = parameter;
  }
}

/**
 * A query that is built and compiled once an engine, and then run with parameters: building costs several times what
 * SQLite takes to answer. `build` sees a stand-in for each parameter, to be put where a value goes and no further.
 */
export function prepared<P extends object, R>(
  build: (db: Db, slots: P) => CompiledQuery<R>,
): (db: Db, parameters: P) => Promise<QueryResult<R>> {
  const compiled = new WeakMap<EngineTraits, CompiledQuery<R>>();
  return (db, parameters) => {
    const traits = traitsOf(db);
    const query = compiled.get(traits) ?? build(db, slotsOf<P>());
    compiled.set(traits, query);
    const bound = query.parameters.map((value): unknown =>
      value instanceof Slot ? Reflect.get(parameters, value.parameter) : value,
    );
    return execute<R>(db, { ...query, parameters: bound });
  };
}

function slotsOf<P extends object>(): P {
  // To the query builder a slot is as opaque as the value that it stands for.
  return new Proxy({}, { get: (_, parameter) => new Slot(String(parameter)) }) as P;
}
