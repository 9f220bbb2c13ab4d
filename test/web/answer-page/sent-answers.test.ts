import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { DavServer } from '../../dav-server.ts';
import { visit } from '../link-server.ts';
import {
  attendeeLines,
  DAILY,
  event,
  GUEST,
  inboxOf,
  invite,
  inviteTo,
  open,
  organizersObject,
  PEOPLE,
  post,
  rowsOf,
  startAnswerServer,
} from './answer-world.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startAnswerServer();
});
afterEach(() => server.close());

describe('what is sent', () => {
  test('twice is an answer once; another one is another', async () => {
    const token = await invite(server, 'tea');
    await post(server, token, { answer: 'ACCEPTED', comment: 'With pleasure', guests: '2' });
    const object = await organizersObject(server, 'tea');
    server.time.now += 5000;
    const again = await post(server, token, { answer: 'ACCEPTED', comment: 'With pleasure', guests: '2' });
    expect(again.headers.get('location')).toContain('done=same');
    expect(await organizersObject(server, 'tea')).toBe(object);
    await post(server, token, { answer: 'DECLINED' });
    expect(attendeeLines(await organizersObject(server, 'tea'))[0]).toContain('PARTSTAT=DECLINED');
  });

  test('is told by a page of its own address', async () => {
    const token = await invite(server, 'tea');
    const { headers } = await post(server, token, { answer: 'TENTATIVE' });
    const page = await visit(server, headers.get('location')!);
    expect(page.text).toContain('Your answer was sent to the organizer.');
    expect(page.text).toMatch(/class="state">maybe</);
  });

  test('brings the comment to the organizer, without what controls a terminal or a line', async () => {
    const token = await invite(server, 'tea');
    await post(server, token, {
      answer: 'ACCEPTED',
      comment: 'Yes\r\nATTENDEE:mailto:x@y.z\u0000\u001b[31m\u202Egnp; a,b\\',
    });
    const object = await organizersObject(server, 'tea');
    expect(object).toContain(':Yes\\nATTENDEE:mailto:x@y.z  [31m gnp\\; a\\,b\\\\');
    expect(object.split('\r\n').filter((line) => line.startsWith('ATTENDEE'))).toHaveLength(2);
    const page = await open(server, token);
    expect(page.text).toContain('ATTENDEE:mailto:x@y.z  [31m gnp; a,b\\</textarea>');
  });

  test.each([
    [{ answer: '' }, 'Choose Yes, Maybe or No.', 'answer-ACCEPTED'],
    [{ answer: 'DELEGATED' }, 'Choose Yes, Maybe or No.', 'answer-ACCEPTED'],
    [{ answer: 'ACCEPTED', guests: '100' }, 'a number from 0 to 99', 'guests'],
    [{ answer: 'ACCEPTED', guests: '-1' }, 'a number from 0 to 99', 'guests'],
    [{ answer: 'ACCEPTED', guests: 'two' }, 'a number from 0 to 99', 'guests'],
    [{ answer: 'ACCEPTED', comment: 'x'.repeat(2001) }, 'too long', 'comment'],
    [{ answer: 'ACCEPTED', scope: 'week' }, 'Choose all dates or one date.', 'scope-all'],
    [{ answer: 'ACCEPTED', scope: 'day', day: '20260401T080000Z' }, 'not there any more', 'day'],
    [{ answer: 'ACCEPTED', scope: 'day', day: '"><script>' }, 'not there any more', 'day'],
  ])('and is wrong, as %j, is told with a way to its field', async (fields, words, id) => {
    const token = await invite(server, 'tea', DAILY);
    const before = await rowsOf(server);
    const page = await post(server, token, fields as Record<string, string>);
    expect(page.status).toBe(422);
    expect(page.text).toContain(words);
    expect(page.text).toContain(`<a href="#${id}">`);
    expect(page.text).toContain(`id="${id}"`);
    expect(page.text).not.toContain('"><script>');
    expect(await rowsOf(server)).toBe(before);
  });

  test('for one day leaves the others, and for all the days that were answered by themselves', async () => {
    const token = await invite(server, 'tea', DAILY);
    await post(server, token, { answer: 'DECLINED', scope: 'day', day: '20260304T090000Z' });
    let lines = attendeeLines(await organizersObject(server, 'tea'));
    expect(lines.map((line) => /PARTSTAT=(\w+)/.exec(line)?.[1])).toEqual([undefined, 'DECLINED']);
    server.time.now += 1000;
    await post(server, token, { answer: 'ACCEPTED', scope: 'all' });
    lines = attendeeLines(await organizersObject(server, 'tea'));
    expect(lines.map((line) => /PARTSTAT=(\w+)/.exec(line)?.[1])).toEqual(['ACCEPTED', 'DECLINED']);
    const page = await open(server, token);
    expect(page.text).toMatch(/value="20260304T090000Z"[^>]*>[^<]*declined/);
  });

  test('as a proposal waits in the inbox of the organizer, and changes nothing', async () => {
    const token = await invite(server, 'tea', DAILY.slice(0, 2));
    const object = await organizersObject(server, 'tea');
    const page = await post(server, token, {
      do: 'propose',
      zone: 'America/New_York',
      ...{ 'start-date': '2026-03-03', 'start-time': '09:30', 'end-date': '2026-03-03', 'end-time': '10:15' },
      comment: 'Better for me',
    });
    expect(page.headers.get('location')).toContain('done=proposed');
    expect(await organizersObject(server, 'tea')).toBe(object);
    const { items } = await inboxOf(server, 'alice');
    expect(items).toHaveLength(1);
    for (const line of [
      'METHOD:COUNTER',
      'DTSTART;TZID=Europe/Berlin:20260303T153000',
      'DTEND;TZID=Europe/Berlin:20260303T161500',
    ])
      expect(items[0]).toContain(line);
    expect(items[0]).toContain('COMMENT:Better for me');
  });

  test('as a proposal across the day when clocks change means the time on the wall of the zone', async () => {
    const token = await invite(server, 'tea', ['DTSTART:20260302T090000Z', 'DURATION:PT1H']);
    await post(server, token, {
      do: 'propose',
      zone: 'Europe/Berlin',
      ...{ 'start-date': '2026-03-29', 'start-time': '01:30', 'end-date': '2026-03-29', 'end-time': '03:30' },
    });
    const { items } = await inboxOf(server, 'alice');
    expect(items[0]).toContain('DTSTART:20260329T003000Z');
    expect(items[0]).toContain('DTEND:20260329T013000Z');
  });

  test.each([
    [{ 'start-date': '2026-02-30' }, 'Enter the start'],
    [{ 'end-time': '' }, 'Enter the end'],
    [{ 'end-date': '2026-03-01' }, 'The end is before the start.'],
    [{ 'start-time': '10:00', 'end-time': '11:00' }, 'the time that it has already'],
  ])('as a proposal is wrong with %j', async (fields, words) => {
    const token = await invite(server, 'tea', DAILY.slice(0, 2));
    const times = { 'start-date': '2026-03-02', 'start-time': '12:00', 'end-date': '2026-03-02', 'end-time': '13:00' };
    const page = await post(server, token, { do: 'propose', zone: 'Europe/Berlin', ...times, ...fields } as Record<
      string,
      string
    >);
    expect(page.status).toBe(422);
    expect(page.text).toContain(words);
    expect(page.text).toMatch(/<details class="card" id="propose" {2}open>/);
    expect((await inboxOf(server, 'alice')).items).toHaveLength(0);
  });
});

test('a proposal is read in the zone that the page has shown, also one that the event alone knows', async () => {
  const zone = [
    ...['BEGIN:VTIMEZONE', 'TZID:Ship', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0330'],
    ...['TZOFFSETTO:+0330', 'END:STANDARD', 'END:VTIMEZONE'],
  ];
  const meeting = event('ship', 'SEQUENCE:0', ...PEOPLE, 'DTSTART;TZID=Ship:20260302T120000', 'DURATION:PT1H');
  const token = await inviteTo(server, 'ship', meeting.replace('BEGIN:VEVENT', [...zone, 'BEGIN:VEVENT'].join('\r\n')));
  const page = await open(server, token);
  const shown = /name="zone" value="([^"]*)"/.exec(page.text)![1]!;
  expect(page.text).toContain('12:00');
  // Meanwhile the script has told another zone.
  await post(server, token, { do: 'opened', here: 'Asia/Tokyo' });
  await post(server, token, {
    ...{ do: 'propose', zone: shown, 'start-date': '2026-03-02', 'start-time': '14:00' },
    ...{ 'end-date': '2026-03-02', 'end-time': '15:00' },
  });
  expect((await inboxOf(server, 'alice')).items[0]).toContain('DTSTART;TZID=Ship:20260302T140000');
});

describe('what the flight recorder says', () => {
  const lines = async (): Promise<readonly string[]> =>
    (
      await server.context.store.db
        .selectFrom('mail_events')
        .selectAll()
        .where('recipient', '=', GUEST)
        .orderBy('key')
        .execute()
    )
      .filter(({ what }) => ['answered', 'refused', 'ignored', 'opened'].includes(what))
      .map(({ what, detail }) => `${what} ${detail}`);

  test('is each answer, and none for the same again', async () => {
    const token = await invite(server, 'tea', DAILY);
    await post(server, token, { answer: 'TENTATIVE' });
    await post(server, token, { answer: 'TENTATIVE' });
    await post(server, token, { answer: 'DECLINED', scope: 'day', day: '20260304T090000Z' });
    await post(server, token, {
      ...{
        do: 'propose',
        zone: 'Europe/Berlin',
        day: '20260305T090000Z',
        'start-date': '2026-03-05',
        'start-time': '11:00',
      },
      ...{ 'end-date': '2026-03-05', 'end-time': '12:00' },
    });
    expect(await lines()).toEqual([
      'answered TENTATIVE, on the answer page',
      'answered DECLINED for 20260304T090000Z, on the answer page',
      'answered proposes 20260305T110000 to 20260305T120000, on the answer page',
    ]);
    const { items } = await inboxOf(server, 'alice');
    expect(items.at(-1)).toMatch(/RECURRENCE-ID;TZID=Europe\/Berlin:20260305T100000/);
  });
});

describe('who is told', () => {
  test('of an answer here is whom the organizer has here, and nobody by mail', async () => {
    const token = await invite(server, 'tea', ['ATTENDEE:mailto:bob@example.com']);
    const queued = async (): Promise<number> =>
      (await server.context.store.db.selectFrom('mail_messages').select('id').execute()).length;
    const before = await queued();
    await post(server, token, { answer: 'ACCEPTED' });
    expect(await queued()).toBe(before);
    const rows = await server.context.store.db
      .selectFrom('objects')
      .innerJoin('collections', 'collections.id', 'objects.collection_id')
      .select('objects.octets')
      .where('collections.home_id', '=', 'bob')
      .where('collections.kind', '=', 'calendar')
      .execute();
    const copy = Buffer.from(rows[0]!.octets!)
      .toString()
      .replaceAll(/\r\n[ \t]/g, '');
    expect(attendeeLines(copy)[0]).toContain('PARTSTAT=ACCEPTED');
  });
});
