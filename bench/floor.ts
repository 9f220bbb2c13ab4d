import Database from 'better-sqlite3';
import Koa from 'koa';
import type { AddressInfo } from 'node:net';

/**
 * The least that a request can cost here: Koa, and one SELECT of one event's octets by its key. It runs in a process
 * of its own, prints where it listens, and ends with SIGTERM.
 */
const database = new Database(':memory:');
database.exec('CREATE TABLE objects (name TEXT PRIMARY KEY, etag TEXT NOT NULL, octets BLOB NOT NULL) WITHOUT ROWID');
const insert = database.prepare('INSERT INTO objects VALUES (?, ?, ?)');
const octets = Buffer.from(process.argv[2] ?? '');
for (let at = 0; at < 1000; at += 1) insert.run(`event-${at}.ics`, `${at}`, octets);

const select = database.prepare('SELECT etag, octets FROM objects WHERE name = ?');
const app = new Koa();
app.use((context) => {
  const row = select.get(context.path.slice(1)) as { readonly etag: string; readonly octets: Buffer } | undefined;
  if (row === undefined) return;
  context.set('ETag', `"${row.etag}"`);
  context.type = 'text/calendar; charset=utf-8';
  context.body = row.octets;
});

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
