import { open } from 'node:fs/promises';
import { newId } from '../base/ids.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { createCollection } from '../calendar/create-collection.ts';
import { NO_CHANGES } from '../calendar/collection-patch.ts';
import { collectionAt } from '../calendar/collections.ts';
import { importObject, type ImportObject } from '../calendar/import-object.ts';
import type { Collection, Principal } from '../calendar/model.ts';
import { isFault } from '../calendar/fault.ts';
import { ingestFaulty } from '../calendar/set-aside.ts';
import { splitCalendar, type SourceReader } from '../ical/group.ts';
import { rangesOf } from '../ical/component-ranges.ts';
import type { SplitItem } from '../ical/splitter.ts';
import { requireOption } from './arguments.ts';
import { CommandFailure, type Call, type Command, type Io } from './command.ts';
import { calendarsOf, findCalendar } from './find-calendar.ts';
import { readInput } from './input.ts';
import { createTally, type Tally } from './import-tally.ts';
import { createProgress } from './progress.ts';
import { requireUser, withContext } from './with-context.ts';

export const importFiles: Command = {
  arguments: 'FILE.ics…',
  positionals: [1, Infinity],
  options: {
    user: { value: 'U', doc: 'whose calendar: an id or address' },
    calendar: { value: 'C', doc: 'the calendar, by the name in its address or its display name' },
    create: { doc: 'make the calendar if there is none of this name' },
  },
  notes:
    'Without --calendar, events go to the first calendar that takes events, tasks to the first that takes tasks.\n' +
    'An object that is there already (by its UID) is replaced where it differs. No invitation is ever sent.',
  async run(call) {
    const login = requireOption(call, 'user');
    for (const file of call.positionals) await requireReadable(file);
    const tally = await withContext(call, { create: false }, async (context) => {
      const user = await requireUser(context, login);
      const job: Job = { context, user, targets: await targetsOf(context, user, call), tally: createTally() };
      for (const file of call.positionals) await importFile(call.io, job, file);
      return job.tally;
    });
    call.io.stdout.write(tally.summary());
    return tally.isFailure() ? 1 : 0;
  },
};

interface Job {
  readonly context: CalendarContext;
  readonly user: Principal;
  /** Calendars in the order in which they are asked whether they take a component. */
  readonly targets: readonly Collection[];
  readonly tally: Tally;
}

async function targetsOf(context: CalendarContext, user: Principal, call: Call): Promise<readonly Collection[]> {
  const name = call.option('calendar');
  if (name === undefined) {
    const calendars = (await calendarsOf(context, user)).filter(({ source }) => source === undefined);
    // The one that everybody has comes first, whatever the order of the others.
    return [...calendars].sort((a, b) => Number(b.uri === 'calendar') - Number(a.uri === 'calendar'));
  }
  const isThere = (await collectionAt(context, user.id, name)) !== undefined;
  if (isThere || !call.has('create')) {
    const calendar = await findCalendar(context, user, name);
    if (calendar.source === undefined) return [calendar];
    throw new CommandFailure(
      `"${name}" is fetched from elsewhere: what is imported into it would be gone with the next fetch`,
    );
  }
  if (/[/\u0000-\u001f]/.test(name) || /^\.{0,2}$/.test(name))
    throw new CommandFailure(`"${name}" cannot name a calendar`);
  const actor = { id: user.id, admin: false, adminReadOnly: false, deviceId: undefined };
  const changes = { ...NO_CHANGES, live: { displayname: name } };
  return [await createCollection(context, { actor, owner: user, uri: name, kind: 'calendar', changes })];
}

/** Writes under way at the same time: they are committed as a group, and memory stays flat. */
const AT_ONCE = 64;

async function importFile(io: Io, job: Job, file: string): Promise<void> {
  const source = await openSource(io, file);
  const progress = createProgress(io, 2 * source.size);
  let octetsRead = 0;
  const reader: SourceReader = {
    size: source.size,
    read(offset, length) {
      octetsRead += length;
      return source.read(offset, length);
    },
  };
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const item of splitCalendar(reader, { maxOctets: job.context.limits.resourceOctets })) {
      if (failure !== undefined) break;
      const storing = storeItem(job, file, item)
        .catch((error: unknown) => void (failure ??= { error }))
        .finally(() => underWay.delete(storing));
      underWay.add(storing);
      if (underWay.size >= AT_ONCE) await Promise.race(underWay);
      progress.at(octetsRead, `${job.tally.count()} objects`);
    }
  } finally {
    await Promise.all(underWay);
    progress.end();
    await source.close();
  }
  // An object that cannot be stored is counted; this is the database, or a mistake of ours.
  if (failure !== undefined) throw failure.error;
}

async function storeItem(job: Job, file: string, item: SplitItem): Promise<void> {
  const { tally } = job;
  const place = `${file}:${item.line}`;
  const objectOf = (component: string, octets: Uint8Array): ImportObject => ({
    collection: targetOf(job, component),
    name: `${newId()}.ics`,
    octets,
  });
  try {
    if (item.kind === 'object') {
      for (const note of item.notes) tally.noted(place, note);
      await storeObject(job, place, objectOf(item.component, item.octets), item.uid);
    } else if (item.octets === undefined) tally.skipped(place, item.problem, item.uid);
    else await ingest(job, place, objectOf(componentIn(item.octets), item.octets), item.uid);
  } catch (error) {
    if (!(error instanceof Refusal) && !(error instanceof BadRequest)) throw error;
    tally.skipped(place, error.message, item.uid);
  }
}

async function storeObject(job: Job, place: string, object: ImportObject, uid: string): Promise<void> {
  try {
    job.tally.stored(await importObject(job.context, object));
  } catch (error) {
    if (!isFault(error)) throw error;
    await ingest(job, place, object, uid);
  }
}

/** The name of the first component that is no time zone, of octets that cannot be parsed. */
function componentIn(octets: Uint8Array): string {
  const { components, cut } = rangesOf(octets);
  return [...components, ...cut].find(({ name }) => name !== 'VTIMEZONE')?.name ?? '';
}

function targetOf({ user, targets }: Job, component: string): Collection {
  const collection = targets.find(({ components }) => components?.includes(component) !== false) ?? targets[0];
  if (collection === undefined) throw new CommandFailure(`${user.id} has no calendar; --calendar C --create makes one`);
  return collection;
}

/** What cannot be used as it is: repaired or set aside, and said so. */
async function ingest(
  { context, tally }: Job,
  place: string,
  object: ImportObject,
  uid: string | undefined,
): Promise<void> {
  const ingested = await ingestFaulty(context, object);
  if (ingested.kind === 'set-aside') {
    tally.setAside(place, ingested.reason, uid);
    return;
  }
  tally.stored(ingested.outcome);
  for (const { says } of ingested.repairs) tally.noted(place, says);
}

/** Before the first is imported: an import that ends at the last file of many would say nothing of the others. */
async function requireReadable(file: string): Promise<void> {
  if (file === '-') return;
  const handle = await open(file, 'r');
  const isFolder = (await handle.stat()).isDirectory();
  await handle.close();
  if (isFolder) throw new CommandFailure(`${file} is a folder; name the files in it`);
}

type Source = SourceReader & { close(): Promise<void> };

/** A file up to this size is held whole: an object whose components lie far apart is read from memory then. */
const MOST_HELD = 32 * 1024 * 1024;

async function openSource(io: Io, file: string): Promise<Source> {
  if (file === '-') return heldSource(await readInput(io, file));
  const handle = await open(file, 'r');
  const { size } = await handle.stat();
  if (size <= MOST_HELD) {
    try {
      return heldSource(await handle.readFile());
    } finally {
      await handle.close();
    }
  }
  return {
    size,
    async read(offset, length) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
    close: () => handle.close(),
  };
}

function heldSource(octets: Uint8Array): Source {
  return {
    size: octets.length,
    read: async (offset, length) => octets.subarray(offset, offset + length),
    close: async () => undefined,
  };
}
