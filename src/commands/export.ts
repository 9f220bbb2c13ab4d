import { once } from 'node:events';
import { createWriteStream, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CalendarContext } from '../calendar/context.ts';
import { listObjects } from '../calendar/get-objects.ts';
import type { Collection, Principal } from '../calendar/model.ts';
import { mergeCalendars } from '../ical/group.ts';
import { makeFolder } from '../make-folder.ts';
import { countObjects } from '../store/objects.ts';
import { requireOption } from './arguments.ts';
import { calendarsOf, findCalendar } from './find-calendar.ts';
import type { Command, Io } from './command.ts';
import { createProgress } from './progress.ts';
import { requireUser, withContext } from './with-context.ts';

export const exportFiles: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'whose calendars: an id or address' },
    calendar: { value: 'C', doc: 'one calendar, by the name in its address or its display name (all)' },
    out: { value: 'DIR', doc: 'write NAME.ics for each calendar there (stdout)' },
  },
  async run(call) {
    const login = requireOption(call, 'user');
    const name = call.option('calendar');
    await withContext(call, { create: false }, async (context) => {
      const user = await requireUser(context, login);
      const only = name === undefined ? undefined : await findCalendar(context, user, name);
      await exportCalendars(call.io, { context, user, only, folder: call.option('out') });
    });
    return 0;
  },
};

export interface Export {
  readonly context: CalendarContext;
  readonly user: Principal;
  /** undefined: every calendar. */
  readonly only?: Collection | undefined;
  /** undefined: stdout, one VCALENDAR after the other. */
  readonly folder?: string | undefined;
}

/** Writes calendars as iCalendar files, each object's components octet by octet as its client sent them. */
export async function exportCalendars(io: Io, { context, user, only, folder }: Export): Promise<void> {
  const calendars = only === undefined ? await calendarsOf(context, user) : [only];
  const sizes = await Promise.all(calendars.map(({ id }) => countObjects(context.store.db, id)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Each object is read twice: for its time zones, and for the rest.
  const progress = createProgress(io, 2 * total);
  let reads = 0;
  if (folder !== undefined) makeFolder(folder);
  for (const calendar of calendars) {
    const text = textOf(context, calendar, () => progress.at(++reads, calendar.uri));
    await (folder === undefined ? writeAll(text, io.stdout) : writeFileOf(text, folder, calendar));
  }
  progress.end();
  const summary = `exported ${reads / 2} objects of ${calendars.length} calendars\n`;
  (folder === undefined ? io.stderr : io.stdout).write(summary);
}

function textOf(context: CalendarContext, calendar: Collection, tick: () => void): AsyncIterable<Uint8Array | string> {
  async function* octets(): AsyncGenerator<Uint8Array, void> {
    for await (const page of listObjects(context, calendar)) {
      for (const object of page) {
        tick();
        yield object.octets;
      }
    }
  }
  return mergeCalendars(octets, { name: calendar.displayname ?? calendar.uri });
}

async function writeAll(chunks: AsyncIterable<Uint8Array | string>, stream: Writable): Promise<void> {
  for await (const chunk of chunks) if (!stream.write(chunk)) await once(stream, 'drain');
}

/** Under another name until it is whole. Names come from clients: they must not leave the folder. */
async function writeFileOf(
  chunks: AsyncIterable<Uint8Array | string>,
  folder: string,
  { uri }: Collection,
): Promise<void> {
  const file = join(folder, `${encodeURIComponent(uri).replace(/^\./, '%2E')}.ics`);
  await pipeline(Readable.from(chunks), createWriteStream(`${file}.partial`, { mode: 0o600 }));
  renameSync(`${file}.partial`, file);
}
