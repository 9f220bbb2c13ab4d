import type { Actor } from '../auth/actor.ts';
import { createTurns } from '../base/turns.ts';
import { Refusal } from '../base/refusal.ts';
import { directoryChanges, directoryLog, type DirectoryLog } from '../store/directory-changes.ts';
import { directoryPage, memberGuids, type Narrowing } from '../store/directory-pages.ts';
import { findPrincipals } from '../store/principals.ts';
import { privilegesOn, type Privileges } from './access.ts';
import type { CalendarContext } from './context.ts';
import type { Principal } from './model.ts';
import { spanFor } from './principals.ts';

/**
 * The directory: the organisation's people, groups, rooms and resources as one address book that nobody can write to.
 * All who are logged in may read it, where the installation has one at all.
 */
export type DirectoryState = DirectoryLog;

/** What an actor may do with the directory; undefined where there is none. */
export function directoryPrivileges({ settings }: CalendarContext, actor: Actor | undefined): Privileges | undefined {
  return settings.directory === 'off' ? undefined : privilegesOn(actor, { kind: 'folder' });
}

/** The state that one answer is about: later changes wait for the next one. */
export const directoryState = ({ store }: CalendarContext): Promise<DirectoryState> => directoryLog(store.db);

/** Principals looked at between two turns of the event loop: some milliseconds, in SQLite. */
const SPAN = 500;

export interface DirectoryQuestion {
  /** The last id that is known already. */
  readonly after?: string | undefined;
  /** Only candidates for a filter; see directoryPage. */
  readonly narrowing?: Narrowing | undefined;
}

/** Everybody in the directory by pages, in the order of ids. */
export async function* directoryPages(
  { store }: CalendarContext,
  { after, narrowing }: DirectoryQuestion = {},
): AsyncGenerator<readonly Principal[], void> {
  const turns = createTurns();
  // Where the texts narrow, the database alone looks at most of them.
  const span = narrowing === undefined ? SPAN : spanFor(narrowing.groups.flatMap((group) => group.conditions).length);
  let next = after;
  do {
    if (turns.isDue()) await turns.take();
    const page = await directoryPage(store.db, { after: next, span, narrowing });
    if (page.principals.length > 0) yield page.principals;
    next = page.next;
  } while (next !== undefined);
}

/** Members of a group read at a time. */
const MEMBERS = 2000;

/** The guids of the direct members of a group, by pages. */
export async function* memberGuidPages(
  { store }: CalendarContext,
  groupId: string,
): AsyncGenerator<readonly string[], void> {
  const turns = createTurns();
  let after: string | undefined;
  do {
    if (turns.isDue()) await turns.take();
    const page = await memberGuids(store.db, groupId, { after, limit: MEMBERS });
    if (page.length > 0) yield page.map(({ guid }) => guid);
    after = page.length < MEMBERS ? undefined : page.at(-1)?.id;
  } while (after !== undefined);
}

/**
 * A sync token of the directory (RFC 6578 §3.2): the database's epoch, the form in which entries are written, and how
 * far its holder knows the log; in the middle of an initial list also the last id of it.
 *
 *   data:,EPOCH:directory-FORM:SEQ
 *   data:,EPOCH:directory-FORM:SEQ:ID
 */
export function directoryToken(
  { store }: CalendarContext,
  { form, seq, after }: { readonly form: number; readonly seq: number; readonly after?: string | undefined },
): string {
  const place = after === undefined ? '' : `:${encodeURIComponent(after)}`;
  return `data:,${store.epoch}:directory-${form}:${seq}${place}`;
}

const TOKEN = /^data:,([^:]+):directory-(\d{1,9}):(0|[1-9]\d{0,14})(?::([^:]+))?$/;

interface Known {
  readonly seq: number;
  /** Where the initial list goes on; undefined: it is complete. */
  readonly after: string | undefined;
}

/** What the holder of a token knows; throws valid-sync-token for one that is not ours, or too old. */
function knownBy(
  { store }: CalendarContext,
  state: DirectoryState,
  { token, form }: { token: string; form: number },
): Known {
  const [, epoch, written, text, place] = TOKEN.exec(token) ?? [];
  const seq = Number(text);
  if (epoch !== store.epoch || Number(written) !== form || seq > state.seq || seq < state.prunedSeq) throw invalid();
  return { seq, after: place === undefined ? undefined : decoded(place) };
}

function decoded(place: string): string {
  // No id holds a NUL, and PostgreSQL takes none in a question.
  if (place.includes('%00')) throw invalid();
  try {
    return decodeURIComponent(place);
  } catch (error) {
    throw invalid(error);
  }
}

const invalid = (cause?: unknown): Refusal =>
  new Refusal('valid-sync-token', 'The sync token is not valid here any more: synchronise from the beginning', {
    cause,
  });

export interface SinceToken {
  /** undefined: nothing is known yet. */
  readonly token: string | undefined;
  readonly limit: number | undefined;
  /** The form in which entries are written now: whoever has them in another begins anew. */
  readonly form: number;
}

/** Some of the changes. */
export interface DirectoryPart {
  readonly changed: readonly Principal[];
  /** Ids of principals that are gone. */
  readonly removed: readonly string[];
}

export interface DirectoryChanges {
  /** To be read to the end, before what comes next is asked for. */
  readonly parts: AsyncIterable<DirectoryPart>;
  /** The token that stands for the state after all parts. */
  token(): string;
  /** Whether more changes wait behind the limit (RFC 6578 §3.6). */
  truncated(): boolean;
}

/** What changed in the directory since a token, RFC 6578 §3; without a token, everybody. Read part by part. */
export function directoryChangesSince(
  context: CalendarContext,
  state: DirectoryState,
  { token, limit = Number.MAX_SAFE_INTEGER, form }: SinceToken,
): DirectoryChanges {
  const known = token === undefined ? undefined : knownBy(context, state, { token, form });
  const isListed = known !== undefined && known.after === undefined;
  const progress: Progress = { seq: known?.seq ?? state.seq, after: known?.after, truncated: false };
  return {
    parts: isListed ? changedParts(context, state, { progress, limit }) : listedParts(context, { progress, limit }),
    token: () => directoryToken(context, { form, ...progress }),
    truncated: () => progress.truncated,
  };
}

/** Where an answer has come to. */
interface Progress {
  seq: number;
  after: string | undefined;
  truncated: boolean;
}

interface Bounds {
  readonly progress: Progress;
  readonly limit: number;
}

/** The initial list: the token in it keeps the number of its beginning, so that what changes meanwhile is told later. */
async function* listedParts(
  context: CalendarContext,
  { progress, limit }: Bounds,
): AsyncGenerator<DirectoryPart, void> {
  let left = limit;
  for await (const page of directoryPages(context, { after: progress.after })) {
    const changed = page.slice(0, left);
    left -= changed.length;
    if (changed.length > 0) yield { changed, removed: [] };
    progress.after = changed.at(-1)?.id ?? progress.after;
    progress.truncated = changed.length < page.length;
    if (progress.truncated) return;
  }
  progress.after = undefined;
}

/** Changes read at a time. */
const CHANGES = 250;

async function* changedParts(
  { store }: CalendarContext,
  state: DirectoryState,
  { progress, limit }: Bounds,
): AsyncGenerator<DirectoryPart, void> {
  const told = new Set<string>();
  while (progress.seq < state.seq) {
    if (told.size >= limit) {
      progress.truncated = true;
      return;
    }
    const most = Math.min(CHANGES, limit - told.size);
    const changes = await directoryChanges(store.db, { after: progress.seq, upTo: state.seq, limit: most });
    const ids = [...new Set(changes.map(({ id }) => id))].filter((id) => !told.has(id));
    const changed = await findPrincipals(store.db, ids);
    const there = new Set<string>(changed.map(({ id }) => id));
    for (const id of ids) told.add(id);
    yield { changed, removed: ids.filter((id) => !there.has(id)) };
    progress.seq = changes.at(-1)?.seq ?? state.seq;
  }
}
