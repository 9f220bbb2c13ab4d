import type { Db, Store } from '../store/store.ts';
import type { CalendarContext } from './context.ts';
import type { Guard } from './guard-rule.ts';
import type { Witnessed } from './witness.ts';

export interface Rehearsed<T> {
  /** The use-case, with the context that it is to be run in. */
  readonly change: (context: CalendarContext) => Promise<unknown>;
  /** Reads what the change has made, in its transaction; `told` is what people would be told. */
  readonly look: (tx: Db, told: readonly Witnessed[]) => Promise<T>;
}

/** Leaves a transaction, so that nothing of it stays; nobody else sees it. */
class NothingStays extends Error {
  override readonly name = 'NothingStays';
}

/**
 * Runs a use-case as it is, and takes back all of it: nothing is written, published or sent, and no disk is waited for. What
 * `look` has read; undefined: the use-case writes nothing. Throws what the use-case throws.
 */
export async function rehearse<T>(context: CalendarContext, { change, look }: Rehearsed<T>): Promise<T | undefined> {
  const { store, guard } = context;
  const end = new NothingStays();
  let seen: T | undefined;
  let told: Witnessed[] = [];
  let refusal: { readonly error: unknown } | undefined;
  const write: Store['write'] = async (work, options) => {
    // What is noted of a refusal is not noted.
    if (refusal !== undefined) throw refusal.error;
    return store.write(async (tx) => {
      // A unit may be run again from its start.
      [told, refusal] = [[], undefined];
      try {
        await work(tx);
      } catch (error) {
        refusal = { error };
        throw error;
      }
      seen = await look(tx, told);
      throw end;
    }, options);
  };
  const witness = (message: Witnessed): void => void told.push(message);
  try {
    await change({ ...context, store: { ...store, write }, witness, hub: SILENT, guard: guard && unlearning(guard) });
  } catch (error) {
    if (error !== end) throw error;
  }
  return seen;
}

const SILENT: CalendarContext['hub'] = { publish: () => undefined, subscribe: () => () => undefined };

/** What did not happen does not count. */
const unlearning = ({ rule, recent }: Guard): Guard => ({
  rule,
  recent: { isFree: (...asked) => recent.isFree(...asked), note: () => undefined },
});
