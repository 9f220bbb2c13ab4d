import type { Actor } from '../auth/actor.ts';
import { listActs, recordAct, type Act, type Detail } from '../store/audit.ts';
import { creationsSince, endingsSince, type ChangePage, type LoggedChange } from '../store/object-changes.ts';
import { requireInHome, requirePrivilege } from './access.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';

export { recordAct };

/** A line of the audit log (M1): ids and names of properties, never a value. */
export interface AuditLine {
  /** UTC milliseconds. */
  readonly at: number;
  readonly by: Author | undefined;
  readonly act: Act | 'object-created' | 'object-updated' | 'object-deleted' | 'object-moved';
  /** Whose home it happened in, or whom it is about. */
  readonly homeId: string | undefined;
  /** The id of what was acted on; of an object, its calendar's. */
  readonly subject: string | undefined;
  readonly detail: Detail;
}

export interface AuditQuestion {
  readonly actor: Actor;
  /** Only what happened in this home, or was done by its owner; left out: everything, for administrators. */
  readonly homeId?: string | undefined;
  /** From this instant on, UTC milliseconds. */
  readonly since: number;
}

/**
 * Who changed what, when, and from which device, in the order of time: changes of objects, read from their versions, and
 * what else was recorded. Throws need-privileges.
 */
export async function* auditLog(
  context: CalendarContext,
  { actor, homeId, since }: AuditQuestion,
): AsyncGenerator<AuditLine, void> {
  if (homeId !== undefined) await requireInHome(context, actor, homeId, 'read-acl');
  else if (!actor.admin && !actor.adminReadOnly) requirePrivilege(new Set(), 'read-acl');
  const { db } = context.store;
  const changes = (read: typeof endingsSince) =>
    inPages((after: LoggedChange | undefined) => read(db, { homeId, since, after, limit: PAGE }));
  const acts = inPages((after: { readonly key: number } | undefined) =>
    listActs(db, { homeId, since, after: after?.key ?? 0, limit: PAGE }),
  );
  yield* merged([mapped(changes(endingsSince)), mapped(changes(creationsSince)), acts]);
}

const PAGE = 1000 satisfies ChangePage['limit'];

async function* inPages<T>(read: (after: T | undefined) => Promise<readonly T[]>): AsyncGenerator<T, void> {
  for (let after: T | undefined; ;) {
    const page = await read(after);
    yield* page;
    after = page.at(-1);
    if (page.length < PAGE) return;
  }
}

const ACT_OF = {
  created: 'object-created',
  updated: 'object-updated',
  deleted: 'object-deleted',
  moved: 'object-moved',
} as const;

async function* mapped(changes: AsyncIterable<LoggedChange>): AsyncGenerator<AuditLine, void> {
  for await (const { kind, at, by, homeId, collectionId, name, uid } of changes) {
    yield { at, by, act: ACT_OF[kind], homeId, subject: collectionId, detail: { name, uid } };
  }
}

/** Several in the order of time, as one. */
async function* merged(sources: readonly AsyncGenerator<AuditLine, void>[]): AsyncGenerator<AuditLine, void> {
  const waiting = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  for (;;) {
    let first: { next: IteratorResult<AuditLine, void>; source: AsyncGenerator<AuditLine, void> } | undefined;
    let earliest = Infinity;
    for (const each of waiting) {
      if (each.next.done === true || each.next.value.at >= earliest) continue;
      [first, earliest] = [each, each.next.value.at];
    }
    if (first === undefined || first.next.done === true) return;
    yield first.next.value;
    first.next = await first.source.next();
  }
}
