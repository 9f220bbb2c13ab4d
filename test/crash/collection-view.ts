import {
  calendarReport,
  eventsWithin,
  multistatus,
  propfind,
  syncCollection,
  type DavClient,
  type DavRequest,
  type Entry,
  type Multistatus,
} from '../dav-client.ts';

/** Name of a member to its entity tag. */
export type Members = ReadonlyMap<string, string>;

/** What a syncing client holds: the token, and the members as of it. */
export interface Snapshot {
  readonly token: string | undefined;
  readonly members: Members;
}

export const NOTHING: Snapshot = { token: undefined, members: new Map() };

async function ask(client: DavClient, method: string, path: string, request: DavRequest): Promise<Multistatus> {
  const answer = await client.request(method, path, request);
  if (answer.status !== 207)
    throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString('utf8').slice(0, 300)}`);
  return multistatus(answer.body);
}

const nameOf = (entry: Entry, path: string): string => entry.href.slice(path.length);

function assertUnique(entries: readonly Entry[], what: string): void {
  const hrefs = new Set(entries.map((entry) => entry.href));
  if (hrefs.size !== entries.length) throw new Error(`${what} names a resource twice`);
}

/** The members as PROPFIND lists them. */
export async function listing(client: DavClient, path: string): Promise<Members> {
  const { entries } = await ask(client, 'PROPFIND', path, propfind('1', ['getetag']));
  assertUnique(entries, `PROPFIND ${path}`);
  const members = entries.filter((entry) => entry.href !== path);
  return new Map(members.map((entry) => [nameOf(entry, path), entry.props.get('getetag') ?? 'none']));
}

/** A client's next sync from what it holds. */
export async function sync(client: DavClient, path: string, from: Snapshot): Promise<Snapshot> {
  const { entries, syncToken } = await ask(client, 'REPORT', path, syncCollection(from.token));
  assertUnique(entries, `sync-collection of ${path}`);
  if (syncToken === undefined) throw new Error(`sync-collection of ${path} gave no token`);
  const members = new Map(from.members);
  for (const entry of entries) {
    if (entry.status === 404) members.delete(nameOf(entry, path));
    else members.set(nameOf(entry, path), entry.props.get('getetag') ?? 'none');
  }
  return { token: syncToken, members };
}

/** getctag and sync-token of a collection, as one text. */
export async function tags(client: DavClient, path: string): Promise<string> {
  const { entries } = await ask(client, 'PROPFIND', path, propfind('0', ['CS:getctag', 'sync-token']));
  const props = entries[0]?.props;
  const [ctag, token] = [props?.get('getctag'), props?.get('sync-token')];
  if (ctag === undefined || token === undefined) throw new Error(`${path} has no getctag or sync-token`);
  return `${ctag} ${token}`;
}

/** Names of the events that the index finds in 2027. */
export async function indexed(client: DavClient, path: string): Promise<ReadonlySet<string>> {
  const range = eventsWithin(Date.UTC(2026, 11, 1), Date.UTC(2028, 1, 1));
  const query = calendarReport('calendar-query', `<D:prop><D:getetag/></D:prop>${range}`);
  const { entries } = await ask(client, 'REPORT', path, query);
  assertUnique(entries, `calendar-query of ${path}`);
  return new Set(entries.map((entry) => nameOf(entry, path)));
}

/** What is different between two views of the members; undefined where nothing is. */
export function difference(left: Members, right: Members): string | undefined {
  const names = new Set([...left.keys(), ...right.keys()]);
  const different = [...names].filter((name) => left.get(name) !== right.get(name));
  if (different.length === 0) return undefined;
  return different
    .map((name) => `${name}: ${left.get(name) ?? 'absent'} / ${right.get(name) ?? 'absent'}`)
    .join(', ')
    .slice(0, 500);
}
