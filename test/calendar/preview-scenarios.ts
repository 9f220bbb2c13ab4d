import { sql } from 'kysely';
import { expect } from 'vitest';
import { asPlainActor } from '../../src/calendar/acting.ts';
import { collectionAt } from '../../src/calendar/collections.ts';
import {
  previewDelete,
  previewPut,
  type ChangePreview,
  type PreviewedMessage,
} from '../../src/calendar/preview-change.ts';
import { getPrincipal } from '../../src/calendar/principals.ts';
import { addressKey, partstatOf } from '../../src/itip/address.ts';
import { mailsOf, type MailRow } from '../../src/store/mail-messages.ts';
import type { Answer, DavRequest } from '../dav-client.ts';
import type { DavServer } from '../dav-server.ts';
import type { Scenario } from '../itip/scenarios.ts';
import { SERVER_ACTIONS } from '../scheduling/server-actions.ts';
import { createServerWorld, fetched, look, scoped, type Person, type ServerWorld } from '../scheduling/server-world.ts';
import { WRITES } from '../scheduling/server-writes.ts';

const segmentsOf = (path: string): readonly [home: string, uri: string, name: string] => {
  const [home = '', uri = '', name = ''] = path.replace('/dav/calendars/', '').split('/').map(decodeURIComponent);
  return [home, uri, name];
};

/** What a change would tell people, or why it would be refused. */
async function previewOf(
  { context }: DavServer,
  by: Person,
  method: string,
  path: string,
  { body = '', headers = {} }: DavRequest = {},
): Promise<ChangePreview | 'refused'> {
  const [home, uri, name] = segmentsOf(path);
  const collection = await collectionAt(context, home, uri);
  const owner = await getPrincipal(context, home);
  if (collection === undefined || owner === undefined) return 'refused';
  const change = { actor: asPlainActor(by.id), collection, name, check: () => undefined, unchanged: [] };
  const attendeeState = 'if-schedule-tag-match' in headers ? ('server' as const) : ('client' as const);
  const octets = Buffer.from(body);
  const silent = headers['schedule-reply'] === 'F';
  const made = method === 'PUT' ? previewPut(context, { ...change, owner, octets, attendeeState }) : undefined;
  return (made ?? previewDelete(context, { ...change, silent })).catch(() => 'refused' as const);
}

const rowText = (row: MailRow): string => `${row.recipient_key} ${row.method} ${row.instance}`;
const messageText = ({ recipient, method, instances }: PreviewedMessage): string =>
  `${addressKey(recipient)} ${method} ${instances.join(' ')}`;

/** All messages of everybody of a scenario. */
async function ledger(world: ServerWorld): Promise<readonly MailRow[]> {
  const { db } = world.server.context.store;
  const threads = await db.selectFrom('mail_messages').select(['home_id', 'uid']).distinct().execute();
  const rows = await Promise.all(threads.map(({ home_id: homeId, uid }) => mailsOf(db, { homeId, uid })));
  return rows.flat();
}

const waits = ({ state }: MailRow): boolean => state === 'held' || state === 'queued';

/** What the request has put into the queue, or moved on there. */
function newlySaid(before: readonly MailRow[], after: readonly MailRow[]): readonly string[] {
  const known = new Map(before.map((row) => [row.id, row]));
  return after
    .filter((row) => waits(row) && known.get(row.id)?.due_at !== row.due_at)
    .map(rowText)
    .toSorted();
}

/** New messages in the inboxes of people: `WHO METHOD`. */
async function newItems(world: ServerWorld, before: ServerWorld['sight']): Promise<readonly string[]> {
  const items: string[] = [];
  for (const each of world.sight.standing.values()) {
    if (!each.isMessage || before.standing.has(each.id)) continue;
    const { calendar } = await fetched(world, each);
    items.push(`${each.owner.id} ${calendar.properties.find(({ name }) => name === 'METHOD')?.value ?? ''}`);
  }
  return items;
}

interface Compared {
  readonly mailed: number;
  readonly here: number;
}

/** Runs a scenario, and compares each change with its preview, taken just before. */
export async function compareWithPreviews(server: DavServer, scenario: Scenario, scope: string): Promise<Compared> {
  const { steps } = scoped(scenario, scope);
  server.time.now = Date.UTC(2026, 0, 1);
  const real = await createServerWorld(server, { ...scenario, steps }, scope);
  const counts = { mailed: 0, here: 0 };
  const request = async (as: Person, method: string, path: string, asked?: DavRequest): Promise<Answer> => {
    if (method !== 'PUT' && method !== 'DELETE') return real.request(as, method, path, asked);
    const [before, tables] = [await ledger(real), await dump(server)];
    const preview = await previewOf(server, as, method, path, asked);
    expect(await dump(server)).toEqual(tables);
    const sight = await look(real);
    const answer = await real.request(as, method, path, asked);
    if (preview === 'refused') {
      expect(answer.status, path).toBeGreaterThanOrEqual(400);
      return answer;
    }
    if (answer.status >= 400) return answer;
    real.sight = await look(real);
    const mailed = preview.messages.filter(({ by }) => by === 'mail');
    expect(
      mailed
        .filter(({ what }) => what !== 'undone')
        .map(messageText)
        .toSorted(),
      path,
    ).toEqual(newlySaid(before, await ledger(real)));
    const items = await newItems(real, sight);
    for (const { recipient, method: told } of preview.messages.filter(({ by }) => by === 'calendar')) {
      const person = [...real.people.values()].find(({ isMe }) => isMe(recipient));
      expect(items, path).toContain(`${person?.id} ${told}`);
      counts.here += 1;
    }
    await compareRooms(real, preview, path);
    counts.mailed += mailed.length;
    return answer;
  };
  const world: ServerWorld = { ...real, request };
  try {
    for (const step of steps.filter(({ word }) => !word.startsWith('expect-'))) {
      server.time.now += 60_000;
      const act = WRITES[step.word] ?? SERVER_ACTIONS[step.word];
      await act?.(world, step);
      world.sight = real.sight = await look(real);
    }
  } finally {
    real.close();
  }
  return counts;
}

/** What rooms would answer is what the organizer's object says. */
async function compareRooms(world: ServerWorld, { rooms }: ChangePreview, path: string): Promise<void> {
  const [home, uri, name] = segmentsOf(path);
  const found = [...world.sight.standing.values()].find(
    (each) => each.owner.id === home && each.collection === uri && each.name === name,
  );
  if (found === undefined) return;
  const { calendar } = await fetched(world, found);
  for (const { recipient, answers } of rooms) {
    const said = calendar.components.flatMap(({ properties }) =>
      properties.filter((each) => each.name === 'ATTENDEE' && addressKey(each.value) === addressKey(recipient)),
    );
    expect(Object.values(answers).toSorted(), path).toEqual(said.map(partstatOf).toSorted());
  }
}

/** Every row of every table, as text. */
export async function dump({ context }: DavServer): Promise<Readonly<Record<string, string>>> {
  const { db, engine } = context.store;
  const { rows: tables } = await (
    engine === 'sqlite'
      ? sql<{ readonly name: string }>`select name from sqlite_master where type = 'table' and name not like 'sqlite%'`
      : sql<{ readonly name: string }>`
        select table_name as name from information_schema.tables where table_schema = 'public'`
  ).execute(db);
  const told: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(db);
    told[name] = rows
      .map((row) => JSON.stringify(row))
      .toSorted()
      .join('\n');
  }
  return told;
}
