import { createPasswords } from '../auth/passwords.ts';
import { recordAct } from '../store/audit.ts';
import { StoreConflict } from '../store/errors.ts';
import { fold } from '../store/fold.ts';
import {
  credentialsByLogin,
  delegatesOf,
  findPrincipals,
  savePrincipal,
  setDelegates,
  setMembers,
  setPasswordHash,
} from '../store/principals.ts';
import type { Db } from '../store/store.ts';
import { unnamed } from './author.ts';
import type { CalendarContext } from './context.ts';
import { ensureHome } from './create-home.ts';
import type { Collection, Principal } from './model.ts';
import { publishAll } from './publish.ts';
import type { CalendarSpec, PrincipalSpec } from './principal-spec.ts';
import { problemsWithStored } from './provision-conflicts.ts';
import { throwIfAny } from './provision-file.ts';
import { policyText } from './set-room.ts';
import { followMembers } from './share-members.ts';

/** What a new principal of each kind gets where its specification names no calendars. */
export interface DefaultCalendars {
  readonly user: readonly CalendarSpec[];
  readonly place: readonly CalendarSpec[];
}

export interface ProvisionOutcome {
  readonly id: string;
  readonly outcome: 'created' | 'updated' | 'unchanged';
}

/**
 * Creates or updates principals, their homes, calendars, memberships and delegates: all of them or, where anything
 * is wrong, none. Nothing that the specifications do not name is removed; the same again changes nothing.
 *
 * @throws BadRequest with a line for each problem, which begins with the path of the specification; with `onlyNew`
 *   StoreConflict where one is there already, also when another process made it a moment ago.
 */
export async function applyPrincipals(
  context: CalendarContext,
  specs: readonly PrincipalSpec[],
  defaults: DefaultCalendars,
  { onlyNew = false }: { readonly onlyNew?: boolean } = {},
): Promise<readonly ProvisionOutcome[]> {
  // Before the transaction, in which nothing but the database is awaited.
  const hashes = await newHashes(context, specs);
  const { outcomes, touched, asked } = await context.store.write(async (tx) => {
    if (onlyNew) await requireNew(tx, specs);
    throwIfAny(await problemsWithStored(tx, specs));
    const now = context.clock();
    const released = await releaseAddresses(tx, specs, now);
    const work: Work = { tx, now, hashes, defaults, released };
    const saved: Saved[] = [];
    for (const spec of specs) saved.push(await saveOne(work, spec));
    // Members and delegates may stand anywhere in the file, so that all principals come first.
    const linked: boolean[] = [];
    for (const spec of specs) linked.push(await saveLinks(work, spec));
    const groups = specs.filter(({ members }) => members !== undefined).map(({ id }) => id);
    const asked = await followMembers(context, tx, groups);
    const outcomes = saved.map(({ id, outcome }, index) => ({
      id,
      outcome: outcome === 'unchanged' && linked[index] === true ? ('updated' as const) : outcome,
    }));
    await recordOutcomes(work, specs, outcomes);
    return {
      outcomes,
      touched: saved.flatMap((one) => one.touched),
      asked,
    };
  });
  for (const { homeId, id, seq } of touched) context.hub.publish({ homeId, collectionId: id, seq });
  publishAll(context, asked);
  return outcomes;
}

/** What was done, by names of fields; never a value, and never a password. */
async function recordOutcomes(
  { tx, now, hashes }: Work,
  specs: readonly PrincipalSpec[],
  outcomes: readonly ProvisionOutcome[],
): Promise<void> {
  const given = new Map(specs.map((spec) => [spec.id, spec]));
  for (const { id, outcome } of outcomes) {
    if (outcome === 'unchanged') continue;
    const act = { at: now, by: unnamed('provision'), homeId: id, subject: id } as const;
    const fields = Object.entries(given.get(id) ?? {}).filter(([, value]) => value !== undefined);
    const properties = fields.map(([name]) => name).filter((name) => !NOT_TOLD.has(name));
    const kind = outcome === 'created' ? 'principal-created' : 'principal-changed';
    await recordAct(tx, { ...act, act: kind, detail: { properties } });
    if (hashes.has(id)) await recordAct(tx, { ...act, act: 'password-set', detail: {} });
  }
}

/** What names the principal, or has a line of its own. */
const NOT_TOLD: ReadonlySet<string> = new Set(['id', 'path', 'password', 'passwordHash']);

async function requireNew(tx: Db, specs: readonly PrincipalSpec[]): Promise<void> {
  const [taken] = await findPrincipals(
    tx,
    specs.map(({ id }) => id),
  );
  if (taken !== undefined) throw new StoreConflict('id', `there is a ${taken.kind} "${taken.id}" already`);
}

interface Work {
  readonly tx: Db;
  readonly now: number;
  readonly hashes: ReadonlyMap<string, string>;
  readonly defaults: DefaultCalendars;
  /** Ids of principals that lost an address. */
  readonly released: ReadonlySet<string>;
}

interface Saved extends ProvisionOutcome {
  readonly touched: readonly Collection[];
}

async function saveOne({ tx, now, hashes, defaults, released }: Work, spec: PrincipalSpec): Promise<Saved> {
  const { principal, created, changed } = await savePrincipal(
    tx,
    { ...spec, roomPolicy: spec.policy && policyText(spec.policy) },
    now,
  );
  const hash = hashes.get(spec.id);
  if (hash !== undefined) await setPasswordHash(tx, spec.id, hash, now);
  const calendars = spec.calendars ?? (created ? defaultsFor(principal, defaults) : []);
  const touched = await ensureHome(tx, principal, calendars, now);
  const isUpdated = changed || hash !== undefined || touched.length > 0 || released.has(spec.id);
  return { id: spec.id, outcome: created ? 'created' : isUpdated ? 'updated' : 'unchanged', touched };
}

function defaultsFor({ kind }: Principal, { user, place }: DefaultCalendars): readonly CalendarSpec[] {
  return kind === 'user' ? user : kind === 'group' ? [] : place;
}

/** Memberships and delegates; whether anything changed. */
async function saveLinks({ tx, now }: Work, { id, members, delegates }: PrincipalSpec): Promise<boolean> {
  const hasNewMembers = members !== undefined && (await setMembers(tx, id, members, now));
  if (delegates === undefined) return hasNewMembers;
  const present = await delegatesOf(tx, id);
  const kept = (access: 'read' | 'write'): readonly string[] =>
    delegates[access] ?? present.filter((delegate) => delegate.access === access).map((delegate) => delegate.id);
  return (await setDelegates(tx, id, { read: kept('read'), write: kept('write') }, now)) || hasNewMembers;
}

/**
 * An address may go from one principal of the file to another that comes first: it is taken from its owner before.
 * Returns the ids of those who lost one.
 */
async function releaseAddresses(tx: Db, specs: readonly PrincipalSpec[], now: number): Promise<ReadonlySet<string>> {
  const found = await findPrincipals(
    tx,
    specs.map(({ id }) => id),
  );
  const stored = new Map(found.map((principal) => [String(principal.id), principal]));
  const released = new Set<string>();
  for (const { id, kind, emails } of specs) {
    const before = stored.get(id)?.emails ?? [];
    if (emails === undefined) continue;
    const wanted = new Set(emails.map(fold));
    const kept = before.filter((email) => wanted.has(fold(email)));
    if (kept.length === before.length) continue;
    await savePrincipal(tx, { id, kind, emails: kept }, now);
    released.add(id);
  }
  return released;
}

const HASHES_AT_ONCE = 8;

/** The hashes to be stored by principal id: those of new passwords and those given as they are. */
async function newHashes(
  context: CalendarContext,
  specs: readonly PrincipalSpec[],
): Promise<ReadonlyMap<string, string>> {
  const passwords = createPasswords({ concurrent: context.limits.concurrentLogins });
  const hashes = new Map<string, string>();
  const waiting = specs.filter(({ password, passwordHash }) => (password ?? passwordHash) !== undefined);
  const inTurn = async (): Promise<void> => {
    for (let spec = waiting.shift(); spec !== undefined; spec = waiting.shift()) {
      const { id, password, passwordHash } = spec;
      const stored = (await credentialsByLogin(context.store.db, id))?.passwordHash;
      if (passwordHash !== undefined && passwordHash !== stored) hashes.set(id, passwordHash);
      if (password === undefined) continue;
      const isSame = stored !== undefined && (await passwords.verify(stored, password));
      if (!isSame) hashes.set(id, await passwords.hash(password));
    }
  };
  await Promise.all(Array.from({ length: HASHES_AT_ONCE }, inTurn));
  return hashes;
}
