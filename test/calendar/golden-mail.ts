import { parseCalendars } from '../../src/ical/parse.ts';
import { formatTimeValue } from '../../src/ical/time-value.ts';
import { propertiesOf, type Component } from '../../src/ical/component.ts';
import { attendeeOf, isOneOf, partstatOf } from '../../src/itip/address.ts';
import { isCancelled } from '../../src/itip/personal.ts';
import { readMessage } from '../../src/itip/message.ts';
import { instanceOf, readSeries, timesText } from '../../src/itip/series.ts';
import { inboundMails } from '../../src/calendar/inbound-mails.ts';
import { tokensFor } from '../../src/calendar/mail-tokens.ts';
import { createMailReceiver } from '../../src/calendar/receive-mail.ts';
import { receiveMessage } from '../../src/calendar/receive-message.ts';
import { listTray } from '../../src/calendar/tray.ts';
import type { RawMail } from '../../src/mail/raw-mail.ts';
import type { Verdict } from '../../src/mail/verdict.ts';
import { CALENDAR_TYPE, ics, MAIL, SILENT_LOG, startDavServer, type DavServer } from '../dav-server.ts';

/** A golden message: the world before it, the mail as a program wrote it, and what must be there after it. */
export interface GoldenMail {
  readonly title: string;
  /** `verdict`, `to`, `envelope`: see head lines in test/fixtures/imip/README.md. */
  readonly head: ReadonlyMap<string, string>;
  readonly world: readonly { readonly who: string; readonly how: 'has' | 'got'; readonly lines: readonly string[] }[];
  readonly expected: readonly string[];
  readonly octets: Buffer;
}

const MARK = Buffer.from('== mail\n');
const REPLY = 'calendar@mail.example.com';
const HOUR = 3_600_000;

export function parseGolden(file: Buffer): GoldenMail {
  const at = file.indexOf(MARK);
  if (at < 0) throw new Error('there is no mail in it');
  const lines = file.toString('utf8', 0, at).split('\n');
  const head = new Map<string, string>();
  const world: { who: string; how: 'has' | 'got'; lines: string[] }[] = [];
  const expected: string[] = [];
  let body: string[] | undefined;
  for (const line of lines.filter((each) => each.trim() !== '' && !each.startsWith('#'))) {
    const [, who, how] = /^(\w+) (has|got):$/.exec(line) ?? [];
    const [, key, value] = /^(\w+): (.*)$/.exec(line) ?? [];
    if (line.startsWith('  ')) (body ?? []).push(line.slice(2));
    else if (line === 'expect:') body = expected;
    else if (who !== undefined) world.push({ who, how: how === 'has' ? 'has' : 'got', lines: (body = []) });
    else if (key !== undefined && value !== undefined) head.set(key, value);
    else throw new Error(`what is "${line}"?`);
  }
  if (expected.length === 0) throw new Error('it expects nothing');
  const title = lines.find((line) => line.startsWith('# '))?.slice(2) ?? '';
  // Mail has CRLF, which the fixtures leave to the runner, but for octets of other charsets.
  const octets = Buffer.from(
    file
      .subarray(at + MARK.length)
      .toString('latin1')
      .replace(/\r?\n/g, '\r\n'),
    'latin1',
  );
  return { title, head, world, expected, octets };
}

/** What is different from what is expected, in words; nothing where all is as it should be. */
export async function runGolden(golden: GoldenMail): Promise<readonly string[]> {
  const server = await startDavServer({
    users: ['alice', 'bob'],
    settings: { mail: { ...MAIL, reply: REPLY, policy: { ...MAIL.policy, bounce: 'bounces@mail.example.com' } } },
  });
  try {
    for (const part of golden.world) await furnish(server, part);
    server.time.now += HOUR;
    const before = await look(server);
    const mail = await rawMail(server, golden);
    const receiver = createMailReceiver(server.context, {
      resolver: () => Promise.resolve([]),
      log: SILENT_LOG,
      verify: (_raw, { from }) => Promise.resolve(verdictOf(golden, from.length === 1 ? from[0]?.address : undefined)),
    });
    const receipts = await receiver(mail);
    const sight = { server, golden, receipts, before, after: await look(server) };
    const problems = [...(await differences(sight))];
    // Handed in once more, as a mail server does that has not heard the answer.
    await receiver(mail);
    if (JSON.stringify(await look(server)) !== JSON.stringify(sight.after))
      problems.push('a second time changes something');
    return problems;
  } finally {
    await server.close();
  }
}

async function furnish(
  { context, request }: DavServer,
  { who, how, lines }: GoldenMail['world'][number],
): Promise<void> {
  const uid = lines.find((line) => line.startsWith('UID:'))?.slice(4) ?? '';
  if (how === 'has') {
    const path = `/dav/calendars/${who}/calendar/${encodeURIComponent(uid)}.ics`;
    const { status, body } = await request('PUT', path, { as: who, headers: CALENDAR_TYPE, body: ics(...lines) });
    if (status !== 201 && status !== 204) throw new Error(`PUT for ${who}: ${status} ${body.toString()}`);
    return;
  }
  const [calendar] = parseCalendars(Buffer.from(ics('METHOD:REQUEST', ...lines))).calendars;
  const reading = calendar && readMessage(calendar);
  if (reading === undefined || 'fault' in reading) throw new Error(`what ${who} got: ${reading?.fault}`);
  const organizer = lines.find((line) => line.startsWith('ORGANIZER'))?.replace(/^.*?mailto:/i, 'mailto:') ?? '';
  const to = `mailto:${who}@example.com`;
  const status = await receiveMessage(context, { to, from: organizer, message: reading.message });
  if (status !== '1.2') throw new Error(`what ${who} got: ${status}`);
}

async function rawMail({ context }: DavServer, { head, octets, world }: GoldenMail): Promise<RawMail> {
  const to = head.get('to') ?? 'alice@example.com';
  const [, recipient] = /^token (.*)$/.exec(to) ?? [];
  const envelope = (address: string): RawMail['envelope'] => ({
    from: head.get('envelope') === '<>' ? '' : (head.get('envelope') ?? 'sender@elsewhere.example'),
    to: [address],
  });
  if (recipient === undefined) return { octets, source: 'lmtp', envelope: envelope(to) };
  const uid =
    world
      .flatMap(({ lines }) => lines)
      .find((line) => line.startsWith('UID:'))
      ?.slice(4) ?? '';
  const tokens = await context.store.write((tx) =>
    tokensFor(context, tx, { homeId: 'alice', uid, recipient: `mailto:${recipient}` }),
  );
  const address = tokens.replyAddress ?? '';
  // What the program wrote into the calendar as the organizer's address.
  const text = octets.toString('latin1').replaceAll('REPLY-ADDRESS', address);
  return { octets: Buffer.from(text, 'latin1'), source: 'lmtp', envelope: envelope(address) };
}

function verdictOf({ head }: GoldenMail, from: string | undefined): Verdict {
  const [result = 'pass', address = from] = (head.get('verdict') ?? 'pass').split(' ');
  if (result !== 'pass' && result !== 'fail' && result !== 'none') throw new Error(`verdict ${result}`);
  return { result, from: address?.toLowerCase(), reason: `DKIM: ${result}` };
}

/** All that a mail can change. */
interface Sight {
  /** `HOME kind UID name` to what it says. */
  readonly objects: Readonly<Record<string, string>>;
  readonly mails: readonly string[];
  readonly tray: readonly string[];
  readonly events: readonly string[];
  readonly inbound: readonly string[];
}

async function look({ context }: DavServer): Promise<Sight> {
  const { db } = context.store;
  const rows = await db
    .selectFrom('objects')
    .innerJoin('collections', 'collections.id', 'objects.collection_id')
    .select(['collections.home_id', 'collections.kind', 'objects.uid', 'objects.name', 'objects.etag'])
    .orderBy('objects.name')
    .execute();
  const mails = await db.selectFrom('mail_messages').select(['method', 'recipient']).orderBy('key').execute();
  const events = await db.selectFrom('mail_events').select(['what', 'recipient']).orderBy('key').execute();
  const inbound: string[] = [];
  for await (const { state, reason } of inboundMails(context)) inbound.push(`${state}: ${reason}`);
  const tray = await listTray(context, { all: true });
  return {
    objects: Object.fromEntries(
      rows.map(({ home_id, kind, uid, name, etag }) => [
        `${home_id} ${kind === 'inbox' ? 'inbox' : 'calendar'} ${uid} ${name}`,
        etag,
      ]),
    ),
    mails: mails.map(({ method, recipient }) => `${method} to ${plain(recipient)}`),
    tray: tray.map(({ homeId, method, state }) => `${homeId}: in tray ${method} ${state}`),
    events: events.map(({ what, recipient }) => `${what} ${plain(recipient)}`),
    inbound,
  };
}

const plain = (address: string): string => address.replace(/^mailto:/i, '').toLowerCase();

interface Seen {
  readonly server: DavServer;
  readonly golden: GoldenMail;
  readonly receipts: ReadonlyMap<string, { readonly kind: string }>;
  readonly before: Sight;
  readonly after: Sight;
}

async function differences(seen: Seen): Promise<readonly string[]> {
  const { golden, before, after, receipts } = seen;
  const problems: string[] = [];
  for (const line of golden.expected) {
    const problem = await checked(seen, line);
    if (problem !== undefined) problems.push(`${line}: ${problem}`);
  }
  const mayChange = golden.expected.includes('nothing changes')
    ? new Set<string>()
    : new Set(golden.expected.flatMap((line) => (OF_COPY.test(line) ? (/^\w+/.exec(line)?.[0] ?? '') : [])));
  for (const [what, who] of changesOf(before, after)) {
    const isAsked = golden.expected.some((line) => line.startsWith(`${who}: message `));
    if (!mayChange.has(who) && !(what.includes(' inbox ') && isAsked)) problems.push(`${what} is changed`);
  }
  const told = golden.expected.filter((line) => line.startsWith('told: ')).map((line) => line.slice(6));
  same(problems, 'told', after.mails.slice(before.mails.length), told);
  const tray = golden.expected.filter((line) => line.includes(': in tray '));
  same(problems, 'tray', after.tray, tray);
  if (
    [...receipts.values()].some(({ kind }) => kind !== 'taken') &&
    !golden.expected.includes('receipt: unknown-recipient')
  )
    problems.push(`the receipt is ${[...receipts.values()].map(({ kind }) => kind).join()}`);
  return problems;
}

const OF_COPY = /^\w+(?: \S+)?: (?:PARTSTAT of|event at|no event|cancelled|[A-Z-]+ (?:=|contains))/;

const changesOf = (before: Sight, after: Sight): readonly (readonly [string, string])[] =>
  [...new Set([...Object.keys(before.objects), ...Object.keys(after.objects)])]
    .filter((key) => before.objects[key] !== after.objects[key])
    .map((key) => [key, key.split(' ')[0] ?? '']);

function same(problems: string[], what: string, found: readonly string[], expected: readonly string[]): void {
  const [one, other] = [found.toSorted().join(', '), expected.toSorted().join(', ')];
  if (one !== other) problems.push(`${what} is [${one}] and should be [${other}]`);
}

async function checked(seen: Seen, line: string): Promise<string | undefined> {
  const { before, after, receipts } = seen;
  const found = after.inbound[0] ?? 'there is none';
  if (line === 'nothing changes' || line.startsWith('told: ') || line.includes(': in tray ')) return undefined;
  if (line.startsWith('receipt: '))
    return [...receipts.values()].some(({ kind }) => line.endsWith(kind)) ? undefined : 'it is another';
  if (line.startsWith('state: ')) return found.startsWith(`${line.slice(7)}:`) ? undefined : found;
  if (line.startsWith('reason contains ')) return found.includes(line.slice(16)) ? undefined : found;
  if (line.startsWith('recorded: ')) return after.events.includes(line.slice(10)) ? undefined : after.events.join();
  const [, who = '', uid, rest = ''] = /^(\w+)(?: (\S+))?: (.*)$/.exec(line) ?? [];
  if (rest.startsWith('message ')) {
    const isNew = changesOf(before, after).some(([key]) => key.startsWith(`${who} inbox `));
    return isNew ? undefined : 'there is none';
  }
  return ofCopy(await copyOf(seen, who, uid), rest);
}

async function copyOf({ server, golden }: Seen, who: string, uid: string | undefined): Promise<Component | undefined> {
  const known = [...golden.world.flatMap(({ lines }) => lines), ...golden.expected].flatMap((line) =>
    line.startsWith('UID:') ? [line.slice(4)] : [],
  );
  const wanted = uid ?? known[0] ?? golden.head.get('uid') ?? '';
  const rows = await server.context.store.db
    .selectFrom('objects')
    .innerJoin('collections', 'collections.id', 'objects.collection_id')
    .select(['objects.name', 'collections.uri'])
    .where('collections.home_id', '=', who)
    .where('collections.kind', '!=', 'inbox')
    .where('objects.uid', '=', wanted)
    .execute();
  const [row] = rows;
  if (row === undefined) return undefined;
  const path = `/dav/calendars/${who}/${row.uri}/${encodeURIComponent(row.name)}`;
  return parseCalendars((await server.request('GET', path, { as: who })).body).calendars[0];
}

/** What a copy does not say of what it should; undefined where it does. */
function ofCopy(calendar: Component | undefined, line: string): string | undefined {
  if (line === 'no event') return calendar === undefined ? undefined : 'there is one';
  const series = calendar && readSeries(calendar);
  if (series === undefined) return 'there is none';
  const [, text = line, key = ''] = /^(.*?)(?: on (\d{8}(?:T\d{6}Z?)?))?$/.exec(line) ?? [];
  const instance = instanceOf(series, key);
  if (text === 'cancelled') return instance === undefined || isCancelled(instance) ? undefined : 'it is not';
  if (instance === undefined) return 'there is no such day';
  const [, address, partstat] = /^PARTSTAT of (\S+) = (\S+)$/.exec(text) ?? [];
  if (address !== undefined) {
    const attendee = attendeeOf(instance, isOneOf(`mailto:${address}`));
    const own = attendee === undefined ? 'not invited' : partstatOf(attendee);
    return own === partstat ? undefined : `it is ${own}`;
  }
  const [, at] = /^event at (\S+)$/.exec(text) ?? [];
  if (at !== undefined) {
    const start = Number(/^\S+ (-?\d+)\//.exec(timesText(instance, series.context))?.[1]);
    const own = formatTimeValue({ kind: at.includes('T') ? 'utc' : 'date', wall: start });
    return own === at ? undefined : `it is at ${own}`;
  }
  const [, name = '', how, value = ''] = /^([A-Z-]+) (=|contains) (.*)$/.exec(text) ?? [];
  const values = propertiesOf(instance, name).map((each) => each.value);
  const isThere = how === '=' ? values.includes(value) : values.some((each) => each.includes(value));
  return isThere ? undefined : `it is ${values.join()}`;
}
