import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { receiveMessage } from '../../src/calendar/receive-message.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { meeting, onlyEvent, pathsIn, putEvent } from '../dav/meeting.ts';
import { ics, startDavServer, type DavServer } from '../dav-server.ts';

const AT = '/dav/calendars/alice/calendar/m.ics';
const [FAR, NEAR] = ['mailto:far@example.org', 'mailto:near@example.org'];

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob'] });
});
afterEach(() => server.close());

function messageOf(method: string, ...lines: readonly string[]): ItipMessage {
  const text = ics(`METHOD:${method}`, 'BEGIN:VEVENT', 'UID:m', 'DTSTAMP:20260302T080000Z', ...lines, 'END:VEVENT');
  const reading = readMessage(parseCalendars(Buffer.from(text)).calendars[0]!);
  if ('fault' in reading) throw new Error(reading.fault);
  return reading.message;
}

const answer = (address: string, partstat = 'ACCEPTED'): ItipMessage =>
  messageOf('REPLY', 'ORGANIZER:mailto:alice@example.com', `ATTENDEE;PARTSTAT=${partstat}:${address}`, 'SEQUENCE:0');

const receive = (from: string, message: ItipMessage, to = 'mailto:alice@example.com') =>
  receiveMessage(server.context, { to, from, message });

describe('an answer from elsewhere', () => {
  beforeEach(async () => {
    await putEvent(server, AT, meeting('m', ['bob', `ATTENDEE:${FAR}`, `ATTENDEE:${NEAR}`]));
  });

  test('is in the organizer’s object and inbox, and in the copies of the others', async () => {
    expect(await receive(FAR, answer(FAR))).toBe('1.2');
    for (const owner of ['alice', 'bob'])
      expect((await onlyEvent(server, owner)).text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:far@/);
    expect([await pathsIn(server, 'alice', 'inbox'), await pathsIn(server, 'bob', 'inbox')]).toMatchObject([
      { length: 1 },
      { length: 1 },
    ]);
  });

  test('of one in the name of another is refused, and nothing is written', async () => {
    const before = await onlyEvent(server, 'alice');
    expect(await receive(NEAR, answer(FAR))).toBe('5.3');
    expect(await onlyEvent(server, 'alice')).toEqual(before);
    expect(await pathsIn(server, 'alice', 'inbox')).toEqual([]);
  });

  test('that comes twice, and two at the same time, are each there once', async () => {
    const statuses = await Promise.all([
      receive(FAR, answer(FAR)),
      receive(NEAR, answer(NEAR, 'DECLINED')),
      receive(FAR, answer(FAR)),
    ]);
    expect(statuses).toEqual(['1.2', '1.2', '1.2']);
    const { text } = await onlyEvent(server, 'alice');
    expect(text).toMatch(/PARTSTAT=ACCEPTED[^:]*:mailto:far@/);
    expect(text).toMatch(/PARTSTAT=DECLINED[^:]*:mailto:near@/);
    expect(await pathsIn(server, 'alice', 'inbox')).toHaveLength(2);
  });
});

test('a message to nobody of this server is none of its business', async () => {
  expect(await receive(FAR, answer(FAR), 'mailto:nobody@example.com')).toBe('3.7');
});

test('a proposal changes nothing and waits in the organizer’s inbox', async () => {
  await putEvent(server, AT, meeting('m', [`ATTENDEE:${FAR}`]));
  const before = await onlyEvent(server, 'alice');
  const proposal = ['DTSTART:20260302T140000Z', 'DURATION:PT1H', 'SUMMARY:Later', 'SEQUENCE:0', `ATTENDEE:${FAR}`];
  expect(await receive(FAR, messageOf('COUNTER', 'ORGANIZER:mailto:alice@example.com', ...proposal))).toBe('1.2');
  expect(await onlyEvent(server, 'alice')).toEqual(before);
  const [path = ''] = await pathsIn(server, 'alice', 'inbox');
  expect((await server.request('GET', path)).body.toString()).toContain('METHOD:COUNTER');
});
