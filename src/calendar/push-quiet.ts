import type { Actor } from '../auth/actor.ts';
import { quietPush, watchedStates, type QuietScope } from '../store/push-quiet.ts';
import type { Store } from '../store/store.ts';
import type { CalendarContext } from './context.ts';

/** Whom a client does not want to be told of what it does (Push-Dont-Notify). */
export type Quiet =
  /** These subscriptions of its own. */
  | { readonly kind: 'some'; readonly ids: readonly string[] }
  /** All to collections in the homes where it does it. */
  | { readonly kind: 'all'; readonly homeIds: readonly string[] };

/**
 * A context whose changes are not told to some subscriptions. It is decided in the transaction that makes the change:
 * whoever sends sees both or neither, on whatever node, before a crash and after.
 */
export function quietContext(context: CalendarContext, actor: Actor, quiet: Quiet): CalendarContext {
  const { store } = context;
  const scope = quiet.kind === 'some' ? { ids: quiet.ids, principalId: actor.id } : { homeIds: quiet.homeIds };
  const write: Store['write'] = (work, options) =>
    store.write(async (tx) => {
      const before = await watchedStates(tx, scope);
      const result = await work(tx);
      if (before.size > 0) await quieten(tx, scope, before);
      return result;
    }, options);
  return { ...context, store: { ...store, write } };
}

async function quieten(
  tx: Parameters<typeof watchedStates>[0],
  scope: QuietScope,
  before: Awaited<ReturnType<typeof watchedStates>>,
): Promise<void> {
  for (const [id, to] of await watchedStates(tx, scope)) {
    const from = before.get(id);
    // One whose collection was gone before is to hear of that.
    if (from?.seq === undefined) continue;
    if (from.seq !== to.seq || from.properties !== to.properties) await quietPush(tx, id, from, to);
  }
}
