import { once } from 'node:events';
import { createWriteStream, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CalendarContext } from '../calendar/context.ts';
import { listObjects } from '../calendar/get-objects.ts';
import type { Collection, Principal } from '../calendar/model.ts';
import { jcalStream, xcalStream } from '../ical/calendar-stream.ts';
import { mergeCalendars } from '../ical/group.ts';
import { makeFolder } from '../make-folder.ts';
import { countObjects } from '../store/objects.ts';
import { requireOption } from './arguments.ts';
import { calendarsOf, findCalendar } from './find-calendar.ts';
import { UsageError, type Call, type Command, type Io } from './command.ts';
import { createProgress } from './progress.ts';
import { requireUser, withContext } from './with-context.ts';

export const exportFiles: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'whose calendars: an id or address' },
    calendar: { value: 'C', doc: 'one calendar, by the name in its address or its display name (all)' },
    format: { value: 'F', doc: 'ics, json (jCal) or xml (xCal) (ics)' },
    out: { value: 'DIR', doc: 'write NAME.ics, .json or .xml for each calendar there (stdout)' },
  },
  async run(call) {
    const login = requireOption(call, 'user');
    const name = call.option('calendar');
    const format = formatOption(call);
    await withContext(call, { create: false }, async (context) => {
      const user = await requireUser(context, login);
      const only = name === undefined ? undefined : await findCalendar(context, user, name);
      await exportCalendars(call.io, { context, user, only, format, folder: call.option('out') });
    });
    return 0;
  },
};

const FORMATS = ['ics', 'json', 'xml'] as const;
type Format = (typeof FORMATS)[number];

/** Calendars as iCalendar, as jCal (RFC 7265) and as xCal (RFC 6321), in pieces. */
const IN_FORMAT: Readonly<Record<Format, (pieces: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array | string>>> = {
  ics: (pieces) => pieces,
  json: jcalStream,
  xml: xcalStream,
};

function formatOption(call: Call): Format {
  const written = call.option('format') ?? 'ics';
  const format = FORMATS.find((each) => each === written);
  if (format === undefined) throw new UsageError(`--format: expected ${FORMATS.join(', ')}, got "${written}"`);
  return format;
}

export interface Export {
  readonly context: CalendarContext;
  readonly user: Principal;
  /** undefined: every calendar. */
  readonly only?: Collection | undefined;
  /** undefined: stdout, one VCALENDAR after the other; of json and xml one alone. */
  readonly folder?: string | undefined;
  /** iCalendar where it is not said. */
  readonly format?: Format | undefined;
}

/** Writes calendars as files; in iCalendar, each object's components octet by octet as its client sent them. */
export async function exportCalendars(io: Io, given: Export): Promise<void> {
  const { context, user, only, folder, format = 'ics' } = given;
  const calendars = only === undefined ? await calendarsOf(context, user) : [only];
  if (folder === undefined && format !== 'ics' && calendars.length > 1)
    throw new UsageError(`--format ${format}: one document holds one calendar; name it with --calendar, or use --out`);
  const sizes = await Promise.all(calendars.map(({ id }) => countObjects(context.store.db, id)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Each object is read twice: for its time zones, and for the rest.
  const progress = createProgress(io, 2 * total);
  let reads = 0;
  if (folder !== undefined) makeFolder(folder);
  for (const calendar of calendars) {
    const text = IN_FORMAT[format](textOf(context, calendar, () => progress.at(++reads, calendar.uri)));
    await (folder === undefined
      ? writeAll(text, io.stdout)
      : writeFileOf(text, join(folder, fileOf(calendar, format))));
  }
  progress.end();
  const summary = `exported ${reads / 2} objects of ${calendars.length} calendars\n`;
  (folder === undefined ? io.stderr : io.stdout).write(summary);
}

function textOf(context: CalendarContext, calendar: Collection, tick: () => void): AsyncIterable<Uint8Array> {
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

/** Names come from clients: they must not leave the folder. */
const fileOf = ({ uri }: Collection, format: Format): string =>
  `${encodeURIComponent(uri).replace(/^\./, '%2E')}.${format}`;

/** Under another name until it is whole. */
async function writeFileOf(chunks: AsyncIterable<Uint8Array | string>, file: string): Promise<void> {
  await pipeline(Readable.from(chunks), createWriteStream(`${file}.partial`, { mode: 0o600 }));
  renameSync(`${file}.partial`, file);
}
