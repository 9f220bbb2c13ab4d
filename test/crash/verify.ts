import type { DavClient } from '../dav-client.ts';
import { difference, indexed, listing, sync, tags, type Members, type Snapshot } from './collection-view.ts';
import { pathOf, type Slot } from './storm.ts';

/** What was seen of a collection before the kill. */
export interface Before {
  readonly path: string;
  /** Tokens that the server gave out, with what a client then held. */
  readonly snapshots: readonly Snapshot[];
  /** getctag and sync-token while nothing was being written. */
  readonly tags: string;
  readonly members: Members;
}

export interface Verdict {
  readonly lost: readonly string[];
  readonly inconsistent: readonly string[];
}

/**
 * Whether a resource holds what was acknowledged, or the one write that was under way when the server died. What is
 * found becomes the acknowledged state.
 */
async function checkSlot(client: DavClient, slot: Slot, members: Members): Promise<Verdict> {
  const answer = await client.request('GET', pathOf(slot));
  const found = answer.status === 200 ? answer.body.toString('utf8') : undefined;
  const possible = [slot.acknowledged, ...(slot.inFlight ? [slot.inFlight.content] : [])];
  const lost =
    [200, 404].includes(answer.status) && possible.includes(found) ? [] : [lossOf(slot, answer.status, found)];
  const etag = answer.status === 200 ? answer.headers.etag : undefined;
  const listed = members.get(slot.name);
  const inconsistent = etag === listed ? [] : [`${pathOf(slot)}: GET has ETag ${etag}, the listing ${listed}`];
  slot.acknowledged = found;
  slot.inFlight = undefined;
  slot.touched = false;
  return { lost, inconsistent };
}

const versionOf = (content: string | undefined): string => /SUMMARY:(.*)/.exec(content ?? '')?.[1]?.trim() ?? 'nothing';

function lossOf(slot: Slot, status: number, found: string | undefined): string {
  const inFlight = slot.inFlight ? ` or ${versionOf(slot.inFlight.content)} (in flight)` : '';
  return `${pathOf(slot)}: ${versionOf(slot.acknowledged)}${inFlight} was expected, ${versionOf(found)} is there (${status})`;
}

async function checkCollection(client: DavClient, before: Before, members: Members, quiet: boolean): Promise<string[]> {
  const { path } = before;
  const wrong: string[] = [];
  for (const snapshot of before.snapshots) {
    const after = await sync(client, path, snapshot).catch((error: unknown) => String(error));
    // A token that was given out before the kill must still be taken.
    const seen = typeof after === 'string' ? after : difference(after.members, members);
    if (seen !== undefined) wrong.push(`${path}: sync from ${snapshot.token} differs from the listing: ${seen}`);
  }
  const inIndex = await indexed(client, path);
  const names = difference(
    new Map([...inIndex].map((name) => [name, ''])),
    new Map([...members.keys()].map((name) => [name, ''])),
  );
  if (names !== undefined) wrong.push(`${path}: the index differs from the listing: ${names}`);
  const now = await tags(client, path);
  const changed = difference(before.members, members) !== undefined;
  if (changed && now === before.tags) wrong.push(`${path}: members changed, ctag and sync-token did not`);
  if (quiet && (changed || now !== before.tags)) wrong.push(`${path}: nothing was written, yet it is not as before`);
  return wrong;
}

/** Everything that must hold once the server is back. `slots` are the resources to read; they all belong to `before`. */
export async function verify(
  client: DavClient,
  collections: readonly Before[],
  slots: readonly Slot[],
): Promise<Verdict> {
  const lost: string[] = [];
  const inconsistent: string[] = [];
  for (const before of collections) {
    const quiet = slots.every((slot) => slot.collection !== before.path || !slot.touched);
    const members = await listing(client, before.path);
    inconsistent.push(...(await checkCollection(client, before, members, quiet)));
    const here = slots.filter((slot) => slot.collection === before.path);
    for (const verdict of await Promise.all(here.map((slot) => checkSlot(client, slot, members)))) {
      lost.push(...verdict.lost);
      inconsistent.push(...verdict.inconsistent);
    }
  }
  return { lost, inconsistent };
}
