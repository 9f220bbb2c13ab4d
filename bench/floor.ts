import Database from 'better-sqlite3';
import Koa, { type Context } from 'koa';
import { DateTime } from 'luxon';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { type Interval, makeEvents } from './events.ts';

/**
 * The least that a request can cost here: Koa, one SELECT over an index, and its rows written as text. It knows nobody,
 * checks nothing, reads no XML and keeps everything in memory. It runs in a process of its own, prints where it listens,
 * and ends with its input: so also when whoever asks it is killed. The argument is a FloorTask as JSON.
 */
export interface FloorTask {
  readonly sizes: readonly number[];
  /** Instants in UTC milliseconds, as Span has them. */
  readonly from: number;
  readonly until: number;
  readonly week: Interval;
}

const { sizes, from, until, week } = JSON.parse(process.argv[2] ?? '') as FloorTask;

const database = new Database(':memory:');
database.exec(`
  CREATE TABLE objects (calendar TEXT, name TEXT, etag TEXT, octets BLOB, PRIMARY KEY (calendar, name)) WITHOUT ROWID;
  CREATE TABLE instances (calendar TEXT, start INTEGER, end INTEGER, name TEXT);
  CREATE INDEX by_start ON instances (calendar, start, end, name);
`);
const insertObject = database.prepare('INSERT INTO objects VALUES (?, ?, ?, ?)');
const insertInstance = database.prepare('INSERT INTO instances VALUES (?, ?, ?, ?)');
const instant = (millis: number): DateTime => DateTime.fromMillis(millis, { zone: 'utc' });
/** Longer than any event here: an instance that touches the range begins at most so long before it. */
const LONGEST = 86_400_000;

database.transaction(() => {
  for (const size of sizes) {
    const span = { from: instant(from), until: instant(until) };
    for (const [at, { name, ics, instances }] of makeEvents(size, span).entries()) {
      insertObject.run(`c${size}`, name, String(at), Buffer.from(ics));
      const around = { start: week.start - 30 * LONGEST, end: week.end + 30 * LONGEST };
      for (const { start, end } of instances(around)) insertInstance.run(`c${size}`, start, end, name);
    }
  }
})();

interface Row {
  readonly name: string;
  readonly etag: string;
  readonly octets: Buffer;
}
const selectOne = database.prepare('SELECT name, etag, octets FROM objects WHERE calendar = ? AND name = ?');
const selectAll = database.prepare('SELECT name, etag FROM objects WHERE calendar = ?');
const selectWeek = database.prepare(
  'SELECT DISTINCT o.name, o.etag FROM instances i JOIN objects o ON o.calendar = i.calendar AND o.name = i.name ' +
    'WHERE i.calendar = ? AND i.start > ? AND i.start < ? AND i.end > ?',
);

const escaped = (text: string): string =>
  /[&<>\r]/.test(text)
    ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')
    : text;

function multistatus(context: Context, calendar: string, rows: readonly Row[]): void {
  const responses = rows.map(({ name, etag, octets }) => {
    const data = octets === undefined ? '' : `<C:calendar-data>${escaped(octets.toString('utf8'))}</C:calendar-data>`;
    return (
      `<D:response><D:href>/${calendar}/${name}</D:href><D:propstat><D:prop><D:getetag>"${etag}"</D:getetag>${data}` +
      '</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>'
    );
  });
  context.status = 207;
  context.type = 'application/xml; charset=utf-8';
  context.body =
    '<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">' +
    `${responses.join('')}</D:multistatus>`;
}

function get(context: Context, calendar: string, name: string): void {
  const row = selectOne.get(calendar, name) as Row | undefined;
  if (row === undefined) return;
  context.set('ETag', `"${row.etag}"`);
  context.type = 'text/calendar; charset=utf-8';
  context.body = row.octets;
}

async function report(context: Context, calendar: string): Promise<void> {
  const body = await readText(context.req);
  if (body.includes('calendar-query')) {
    const rows = selectWeek.all(calendar, week.start - LONGEST, week.end, week.start) as Row[];
    return multistatus(context, calendar, rows);
  }
  const names = [...body.matchAll(/<D:href>[^<]*\/([^</]+)<\/D:href>/g)].map((match) => match[1]!);
  return multistatus(
    context,
    calendar,
    names.map((name) => selectOne.get(calendar, name) as Row),
  );
}

const app = new Koa();
app.use(async (context) => {
  const [, calendar = '', name = ''] = context.path.split('/');
  if (context.method === 'GET') return get(context, calendar, name);
  if (context.method === 'PROPFIND') return multistatus(context, calendar, selectAll.all(calendar) as Row[]);
  return report(context, calendar);
});

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

process.stdin.resume().on('end', () => process.exit());
