import { describe, expect, test } from 'vitest';
import { MailFault, readMail } from '../../src/mail/mime.ts';

const CALENDAR = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'METHOD:REPLY', 'SUMMARY:Büro', 'END:VCALENDAR', ''].join('\r\n');
const mail = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'));
const HEAD = ['From: Bob <bob@example.org>', 'To: a@example.com', 'Subject: Hi', 'Message-ID: <m1@example.org>'];
const textsOf = ({ calendars }: Awaited<ReturnType<typeof readMail>>): readonly string[] =>
  calendars.map(({ octets }) => octets.toString());

describe('who a mail is from', () => {
  test('every address of every From counts, and its names are decoded', async () => {
    const read = await readMail(
      mail('From: =?utf-8?q?B=C3=B6b?= <bob@example.org>, x@evil.example', 'From: third@example.net', '', ''),
    );
    expect(read.from).toEqual([
      { address: 'bob@example.org', name: 'Böb' },
      { address: 'x@evil.example', name: '' },
      { address: 'third@example.net', name: '' },
    ]);
  });

  test('an address in the name of another is none', async () => {
    const read = await readMail(mail('From: "ceo@example.com" <mallory@evil.example>', '', ''));
    expect(read.from.map(({ address }) => address)).toEqual(['mallory@evil.example']);
  });

  test('the trace, the thread and the subject are told', async () => {
    const read = await readMail(
      mail(
        ...HEAD,
        'Delivered-To: a+tok@example.com',
        'X-Original-To: b@example.com',
        'In-Reply-To: <r1@x>',
        'References: <r0@x> <r1@x>',
        '',
        '',
      ),
    );
    expect(read).toMatchObject({
      messageId: 'm1@example.org',
      subject: 'Hi',
      deliveredTo: ['a+tok@example.com', 'b@example.com'],
      references: ['r1@x', 'r0@x'],
      isAutomatic: false,
      hasTnef: false,
      calendars: [],
      report: undefined,
    });
  });

  test.each([
    ['Auto-Submitted: auto-replied', true],
    ['Auto-Submitted: no', false],
    ['Precedence: bulk', true],
    ['List-Id: <list.example.org>', true],
    ['X-Mailer: Outlook', false],
  ])('%s: a program has sent it: %s', async (line, isAutomatic) => {
    expect((await readMail(mail(...HEAD, line, '', 'text'))).isAutomatic).toBe(isAutomatic);
  });
});

describe('the calendars of a mail', () => {
  test.each([
    ['text/calendar; method=reply', {}],
    ['application/ics', {}],
    ['application/octet-stream; name="Invite.ICS"', {}],
    ['text/plain; name=invite.ics', {}],
    ['text/plain; charset=utf-8', {}],
  ])('are found in %s', async (type) => {
    const read = await readMail(
      mail(...HEAD, `Content-Type: ${type}`, 'Content-Transfer-Encoding: 8bit', '', CALENDAR),
    );
    expect(textsOf(read).map((text) => text.trimEnd())).toEqual([CALENDAR.trimEnd()]);
    expect(read.calendars[0]?.method).toBe(type.includes('method') ? 'REPLY' : undefined);
  });

  test.each([
    ['iso-8859-1', Buffer.from(CALENDAR, 'latin1')],
    ['windows-1252', Buffer.from(CALENDAR, 'latin1')],
    ['no-such-charset', Buffer.from(CALENDAR, 'latin1')],
    ['us-ascii', Buffer.from(CALENDAR, 'latin1')],
    ['utf-8', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(CALENDAR)])],
    ['utf-8', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(CALENDAR, 'utf16le')])],
    ['utf-16le', Buffer.from(CALENDAR, 'utf16le')],
  ])('in %s are read as UTF-8', async (charset, octets) => {
    const body = octets.toString('base64');
    const read = await readMail(
      mail(...HEAD, `Content-Type: text/calendar; charset=${charset}`, 'Content-Transfer-Encoding: base64', '', body),
    );
    expect(textsOf(read)).toEqual([CALENDAR]);
  });

  test('that say the same count once, and the one with a method stands', async () => {
    const part = (type: string): readonly string[] => ['--b', `Content-Type: ${type}`, '', CALENDAR];
    const read = await readMail(
      mail(
        ...HEAD,
        'Content-Type: multipart/mixed; boundary=b',
        '',
        ...part('application/ics'),
        ...part('text/calendar; method=REPLY'),
        '--b--',
        '',
      ),
    );
    expect(read.calendars).toMatchObject([{ contentType: 'text/calendar', method: 'REPLY' }]);
  });

  test('are found in a message within a message, in any encoding', async () => {
    const inner = mail(...HEAD, 'Content-Type: text/calendar; method=REQUEST', '', CALENDAR);
    const read = await readMail(
      mail(
        ...HEAD,
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        'Content-Type: message/rfc822',
        'Content-Transfer-Encoding: base64',
        '',
        inner.toString('base64'),
        '--b--',
        '',
      ),
    );
    expect(read.calendars).toMatchObject([{ method: 'REQUEST' }]);
  });

  test('of what a report gives back are none', async () => {
    const inner = mail(...HEAD, 'Content-Type: text/calendar; method=REQUEST', '', CALENDAR).toString();
    const status = [
      'Reporting-MTA: dns; x',
      '',
      'Final-Recipient: rfc822; a@b.example',
      'Action: failed',
      'Status: 5.1.1',
      '',
    ];
    const read = await readMail(
      mail(
        ...[...HEAD, 'Content-Type: multipart/report; report-type=delivery-status; boundary=b', ''],
        ...['--b', 'Content-Type: message/delivery-status', '', ...status],
        ...['--b', 'Content-Type: message/rfc822', '', inner, '--b--', ''],
      ),
    );
    expect(read.calendars).toEqual([]);
    expect(read.isAutomatic).toBe(true);
    expect(read.report).toMatchObject({
      recipients: [{ address: 'a@b.example', action: 'failed' }],
      about: 'm1@example.org',
    });
  });
});

describe('a mail that is made to cost much', () => {
  test('is refused above the size, the lines, the parts and the headers', async () => {
    const bounds = { octets: 1000, parts: 20 };
    await expect(readMail(Buffer.alloc(1001), bounds)).rejects.toThrow(MailFault);
    await expect(readMail(Buffer.alloc(500_000, '\n'))).rejects.toThrow('more than 400000 lines');
    const parts = Array.from({ length: 300 }, () => ['--b', '', 'x']).flat();
    const many = mail(...HEAD, 'Content-Type: multipart/mixed; boundary=b', '', ...parts, '--b--');
    await expect(readMail(many)).rejects.toThrow('too many parts');
    await expect(readMail(mail(`Subject: ${'x'.repeat(200_000)}`, '', ''))).rejects.toThrow(MailFault);
  });

  test('that holds itself, or messages in messages without end, comes to an end', async () => {
    const cyclic = ['--x', 'Content-Type: multipart/mixed; boundary="x"', ''];
    const loop = mail(
      'Content-Type: multipart/mixed; boundary="x"',
      '',
      ...Array.from({ length: 5000 }, () => cyclic).flat(),
    );
    await expect(readMail(loop)).rejects.toThrow(MailFault);
    let nested = mail('Content-Type: text/calendar', '', CALENDAR);
    for (let depth = 0; depth < 8; depth++) {
      nested = mail(
        'Content-Type: message/rfc822',
        'Content-Transfer-Encoding: base64',
        '',
        nested.toString('base64').replace(/.{76}/g, '$&\r\n'),
      );
    }
    expect((await readMail(nested)).calendars).toEqual([]);
  });

  test('of 20 MiB is read without the event loop being stopped for long', async () => {
    const body = `${'A'.repeat(76)}\r\n`.repeat(250_000);
    const large = mail(
      ...HEAD,
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/html',
      '',
      body,
      '--b',
      'Content-Type: text/calendar',
      '',
      CALENDAR,
      '--b--',
      '',
    );
    let [last, longest] = [performance.now(), 0];
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const read = await readMail(large);
    clearInterval(beat);
    expect(textsOf(read).length).toBe(1);
    // 50 ms of CPU; what else the machine does is not ours.
    expect(longest).toBeLessThan(250);
  });

  test.each(['(', '<', '"', ':;', ',', 'a:b;', '=?utf-8?q?', '@', '<a@', '\\'])(
    'and of a From of many %s ends soon',
    async (text) => {
      const began = performance.now();
      const long = text.repeat(Math.floor(60_000 / text.length));
      await readMail(mail('From: x@y.example', `To: ${long} <a@b.example>`, `Sender: ${long}`, ''));
      await readMail(mail(`From: ${long.slice(0, 7000)} <a@b.example>`, ''));
      await expect(readMail(mail(`From: ${long} <a@b.example>`, ''))).rejects.toThrow('From of the mail is too long');
      expect(performance.now() - began).toBeLessThan(1000);
    },
  );
});
