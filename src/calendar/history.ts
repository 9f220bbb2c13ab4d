import type { Actor } from '../auth/actor.ts';
import { BadRequest } from '../base/refusal.ts';
import type { Component } from '../ical/component.ts';
import { diffCalendars, type ComponentDifference } from '../ical/diff.ts';
import { parseCalendars } from '../ical/parse.ts';
import { collectionById, collectionsOfHome } from '../store/collections.ts';
import { headByUid, objectByName } from '../store/objects.ts';
import type { Version, VersionHead } from '../store/version-rows.ts';
import { currentVersions, versionByKey, versionOctets, versionsOfUid } from '../store/versions.ts';
import { accessIn, requireInHome, requirePrivilege } from './access.ts';
import type { Author } from './author.ts';
import type { CalendarContext } from './context.ts';
import { isHidden } from './shown-object.ts';

export type ChangeKind = 'created' | NonNullable<VersionHead['until']>['kind'];

/** A change of one object. */
export interface ObjectChange {
  readonly kind: ChangeKind;
  /** UTC milliseconds. */
  readonly at: number;
  readonly by: Author | undefined;
  readonly collectionId: string;
  readonly name: string;
  readonly uid: string;
  /** What it was until then, by its key; undefined: it was not there. */
  readonly before: number | undefined;
  /** What changed, by component and property; empty where a version of it is not kept, or cannot be read. */
  readonly differences: readonly ComponentDifference[];
}

/** Most versions of one object that are told. */
const MOST = 200;

/**
 * The changes of what has, or had, a UID in a home, the newest first, wherever in it it was: by whom, and what changed.
 * Who may not write in the home is told no differences of what is not public. Throws need-privileges.
 */
export async function historyOf(
  context: CalendarContext,
  actor: Actor,
  { homeId, uid }: { readonly homeId: string; readonly uid: string },
): Promise<readonly ObjectChange[]> {
  await requireInHome(context, actor, homeId, 'read');
  const current = await currentOfUid(context, homeId, uid);
  const past = await versionsOfUid(context.store.db, homeId, uid, MOST);
  const states = [...past, ...current].sort((one, other) => one.from.seq - other.from.seq);
  const changes = states.flatMap((state) => [
    ...(state.isFirst ? [created(state)] : []),
    ...(state.until === undefined ? [] : [ended(state, state.until)]),
  ]);
  changes.sort((one, other) => other.seq - one.seq);
  const isVeiled = await seesTimesAlone(context, actor, homeId);
  const told: ObjectChange[] = [];
  // One after the other: two versions are held in memory, and not all of them.
  for (const change of changes) told.push(await withDifferences({ context, states, isVeiled }, change));
  return told;
}

const seesTimesAlone = async (context: CalendarContext, actor: Actor, homeId: string): Promise<boolean> =>
  !(await accessIn(context, actor, homeId)).home.has('write-content');

interface Telling {
  readonly context: CalendarContext;
  readonly states: readonly VersionHead[];
  readonly isVeiled: boolean;
}

interface Change extends Omit<ObjectChange, 'differences'> {
  readonly seq: number;
  readonly state: VersionHead;
}

function created(state: VersionHead): Change {
  const { collectionId, name, uid, from } = state;
  return { kind: 'created', ...from, collectionId, name, uid, before: undefined, state };
}

function ended(state: VersionHead, until: NonNullable<VersionHead['until']>): Change {
  const { collectionId, name, uid, key } = state;
  return { ...until, collectionId, name, uid, before: key, state };
}

async function withDifferences(
  { context, states, isVeiled }: Telling,
  { state, seq, ...change }: Change,
): Promise<ObjectChange> {
  if (change.kind !== 'updated') return { ...change, differences: [] };
  const next = states.find((other) => other.objectId === state.objectId && other.from.seq === seq);
  const before = await parsed(context, state, isVeiled);
  const after = next && (await parsed(context, next, isVeiled));
  const differences = before === undefined || after === undefined ? [] : diffCalendars(before, after);
  return { ...change, differences };
}

async function parsed(
  { store }: CalendarContext,
  state: VersionHead,
  isVeiled: boolean,
): Promise<Component | undefined> {
  const octets =
    state.until === undefined
      ? (await objectByName(store.db, state.collectionId, state.name))?.octets
      : (await versionOctets(store.db, [state.key])).get(state.key);
  if (octets === undefined || state.component === '') return undefined;
  if (isVeiled && (await isHidden({ octets }))) return undefined;
  // What cannot be read is passed over: a fault in an old version must not hide the others.
  return parseCalendars(octets).calendars[0];
}

/** What has the UID now: it may be in several calendars (RFC 4791 §4.1 asks for one within a calendar only). */
async function currentOfUid({ store }: CalendarContext, homeId: string, uid: string): Promise<VersionHead[]> {
  const found: VersionHead[] = [];
  for (const { id } of await collectionsOfHome(store.db, homeId)) {
    const head = await headByUid(store.db, id, uid);
    if (head !== undefined) found.push(...(await currentVersions(store.db, id, [head.name])));
  }
  return found;
}

/** A past version with its octets. Throws BadRequest 404 where it is not kept; need-privileges. */
export async function versionOf(context: CalendarContext, actor: Actor, key: number): Promise<Version> {
  const version = await versionByKey(context.store.db, key);
  if (version === undefined) throw new BadRequest(`There is no version ${key}`, { status: 404 });
  await requireInHome(context, actor, version.homeId, 'read');
  if ((await seesTimesAlone(context, actor, version.homeId)) && (await isHidden(version))) {
    requirePrivilege(new Set(), 'write-content');
  }
  return version;
}

/** The path segment of a collection, for people; its id where it is gone. */
export async function uriOf({ store }: CalendarContext, collectionId: string): Promise<string> {
  return (await collectionById(store.db, collectionId))?.uri ?? collectionId;
}
