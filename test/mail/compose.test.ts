import { generateKeyPairSync } from 'node:crypto';

import { dkimVerify } from 'mailauth';
import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';

import { composeMail } from '../../src/mail/compose.ts';
import type { MailInput, MailPolicy } from '../../src/mail/outgoing.ts';
import { UnusableAddress } from '../../src/mail/unusable-address.ts';
import { CASES, event, inputOf, messageOf, POLICY } from './outgoing-cases.ts';

const AT_TEN = ['DTSTART;TZID=Europe/Berlin:20260302T100000', 'DTEND;TZID=Europe/Berlin:20260302T110000'];
const request = (more: Partial<MailInput> = {}, ...lines: readonly string[]): MailInput =>
  inputOf(messageOf('REQUEST', event(...AT_TEN, ...lines)), more);

const parsed = async (input: MailInput, policy: MailPolicy = POLICY) =>
  simpleParser((await composeMail(input, policy)).octets);

async function calendarIn(input: MailInput, policy: MailPolicy = POLICY): Promise<string> {
  const { attachments } = await parsed(input, policy);
  const [part, file] = attachments.map(({ content }) => content.toString().replaceAll('\r\n ', ''));
  expect(part).toBe(file);
  return part ?? '';
}

const organizerLine = (calendar: string): string => /^ORGANIZER.*$/m.exec(calendar)?.[0].trim() ?? '';

test('the same input makes the same octets, signed or not', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const dkim of [undefined, { domain: 'our.test', selector: 'kalends', privateKey: key }]) {
    for (const input of Object.values(CASES)) {
      const [one, other] = [
        await composeMail(input, { ...POLICY, dkim }),
        await composeMail(input, { ...POLICY, dkim }),
      ];
      expect(one.octets.equals(other.octets)).toBe(true);
    }
  }
});

test('the calendar part is one of the alternatives, the last one, and the file stands beside them', async () => {
  const text = (await composeMail(request(), POLICY)).octets.toString();
  const types = [...text.matchAll(/^Content-Type: ([^\r]*)/gm)].map(([, type]) => type);
  expect(types).toEqual([
    'multipart/mixed;',
    'multipart/alternative;',
    'text/plain; charset=utf-8',
    'text/html; charset=utf-8',
    'text/calendar; charset=utf-8; method=REQUEST',
    'application/ics; name="invite.ics"',
  ]);
});

describe.each(['rsa', 'ed25519'] as const)('a mail that is signed with a key of %s', (kind) => {
  const options = { modulusLength: 2048 };
  const { privateKey, publicKey } = kind === 'rsa' ? generateKeyPairSync(kind, options) : generateKeyPairSync(kind);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const record = `v=DKIM1; k=${kind}; p=${(kind === 'rsa' ? der : der.subarray(-32)).toString('base64')}`;
  const resolver = (name: string, type: string): Promise<string[][]> => {
    expect([name, type]).toEqual(['kalends._domainkey.our.test', 'TXT']);
    return Promise.resolve([[record]]);
  };
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const policy = { ...POLICY, dkim: { domain: 'our.test', selector: 'kalends', privateKey: pem } };

  test.each(['request-hostile', 'request-long-words', 'reply-accepted', 'notice-undelivered'])(
    'is verified by another program: %s',
    async (name) => {
      const { octets } = await composeMail(CASES[name]!, policy);
      expect((await composeMail(CASES[name]!, policy)).octets.equals(octets)).toBe(true);
      const { results } = await dkimVerify(octets, { resolver });
      expect(results.map(({ signingDomain, status }) => [signingDomain, status.result, status.aligned])).toEqual([
        ['our.test', 'pass', 'our.test'],
      ]);
      const forged = Buffer.from(octets.toString().replace('Subject: ', 'Subject: Re '));
      expect((await dkimVerify(forged, { resolver })).results[0]?.status.result).toBe('fail');
    },
  );
});

test('a key that cannot sign is told, and no mail goes out without its signature', async () => {
  const policy = { ...POLICY, dkim: { domain: 'our.test', selector: 'kalends', privateKey: 'none' } };
  await expect(composeMail(request(), policy)).rejects.toThrow('The DKIM key cannot sign');
});

describe('who stands where', () => {
  const foreign = { sender: { name: 'Zoe', address: 'zoe@elsewhere.test' } };

  test('of an own domain the person is in From, and ORGANIZER is the person', async () => {
    const mail = await parsed(request());
    expect([mail.from?.text, mail.replyTo?.text]).toEqual(Array(2).fill('"Alice Adams" <alice@our.test>'));
    expect(mail.headers.has('sender')).toBe(false);
    expect(organizerLine(await calendarIn(request()))).toBe('ORGANIZER;CN=Alice Adams:mailto:alice@our.test');
  });

  test('of a foreign domain the server is in From, and words reach the person', async () => {
    const mail = await parsed(request(foreign));
    expect(mail.from?.text).toBe('"Zoe via Kalends" <calendar@our.test>');
    expect(mail.replyTo?.text).toBe('"Zoe" <zoe@elsewhere.test>');
  });

  test('answers of programs go to ORGANIZER, who stays known by name and address', async () => {
    const lines = ['ORGANIZER;CN=Zoe:mailto:zoe@elsewhere.test', 'ATTENDEE:mailto:bob@guest.test', ...AT_TEN];
    const message = messageOf('REQUEST', ['VEVENT', 'UID:1', 'DTSTAMP:20260210T080000Z', ...lines]);
    const input = inputOf(message, { ...foreign, replyAddress: 'answer+tok@our.test' });
    const organizer = async (policy: Partial<MailPolicy>, more: Partial<MailInput> = {}) =>
      organizerLine(await calendarIn({ ...input, ...more }, { ...POLICY, ...policy }));
    const answered =
      'ORGANIZER;CN=Zoe;EMAIL=zoe@elsewhere.test;SENT-BY="mailto:calendar@our.test":mailto:answer+tok@our.test';
    expect(await organizer({})).toBe(answered);
    expect(await organizer({ organizer: 'reply' })).toBe(answered);
    expect(await organizer({ organizer: 'own' })).toBe(
      'ORGANIZER;CN=Zoe;SENT-BY="mailto:calendar@our.test":mailto:zoe@elsewhere.test',
    );
    expect(await organizer({}, { replyAddress: undefined })).toBe(
      'ORGANIZER;CN=Zoe;SENT-BY="mailto:calendar@our.test":mailto:zoe@elsewhere.test',
    );
    expect(await organizer({ domains: ['ELSEWHERE.test'] })).toBe('ORGANIZER;CN=Zoe:mailto:zoe@elsewhere.test');
    expect(await organizer({ organizer: 'reply', domains: ['elsewhere.test'] })).toBe(
      'ORGANIZER;CN=Zoe;EMAIL=zoe@elsewhere.test:mailto:answer+tok@our.test',
    );
  });

  test('in an answer ATTENDEE and ORGANIZER stay as they are', async () => {
    const input = CASES['reply-accepted']!;
    if ('notice' in input) throw new Error('an answer was expected');
    const sent = await calendarIn({ ...input, ...foreign }, { ...POLICY, organizer: 'reply' });
    expect(organizerLine(sent)).toBe('ORGANIZER:mailto:alice@guest.test');
    expect(sent).toContain('ATTENDEE;CN=Bob Brown;PARTSTAT=ACCEPTED:mailto:bob@our.test');
  });

  test('who acts for an organizer is in Sender, of an own domain only', async () => {
    const by = (address: string) =>
      inputOf(
        messageOf('REQUEST', [
          ...['VEVENT', 'UID:1', 'DTSTAMP:20260210T080000Z', 'ATTENDEE:mailto:bob@guest.test', ...AT_TEN],
          `ORGANIZER;SENT-BY="mailto:${address}":mailto:alice@our.test`,
        ]),
      );
    expect((await parsed(by('dana@our.test'))).headers.get('sender')).toMatchObject({ text: 'dana@our.test' });
    expect((await parsed(by('dana@elsewhere.test'))).headers.has('sender')).toBe(false);
  });

  test('an organizer whom only this server knows by his address gets one of mail', async () => {
    const message = messageOf('REQUEST', [
      ...['VEVENT', 'UID:1', 'DTSTAMP:20260210T080000Z', 'ATTENDEE:mailto:bob@guest.test', ...AT_TEN],
      'ORGANIZER:/dav/principals/users/alice/',
    ]);
    expect(organizerLine(await calendarIn(inputOf(message)))).toBe(
      'ORGANIZER;CN=Alice Adams;EMAIL=alice@our.test:mailto:alice@our.test',
    );
  });
});

describe('what people write ends no header and reaches no envelope', () => {
  const evil = [
    '\r\nBcc: eve@evil.test',
    '\n\n<script>',
    '\0',
    '\u2028X: y',
    '"<eve@evil.test>,',
    '=?utf-8?Q?=0D=0AX:?=',
  ];

  test.each(evil)('%j in names, title and place', async (text) => {
    const escaped = text.replaceAll('\r\n', '\\n').replaceAll('\n', '\\n').replaceAll('\0', '').replaceAll(',', '\\,');
    const input = request(
      {
        sender: { name: `A${text}`, address: 'alice@our.test' },
        recipient: { name: `B${text}`, address: 'bob@guest.test' },
      },
      ...[`SUMMARY:S${escaped}`, `LOCATION:L${escaped}`, `DESCRIPTION:D${escaped}`, `COMMENT:C${escaped}`],
    );
    const { octets, envelope } = await composeMail(input, POLICY);
    const mail = await simpleParser(octets);
    const plain = await simpleParser((await composeMail(request(), POLICY)).octets);
    expect([...mail.headers.keys()]).toEqual([...plain.headers.keys()]);
    expect(mail.from?.value.map(({ address }) => address)).toEqual(['alice@our.test']);
    expect([mail.to].flat().flatMap((each) => each?.value ?? [])).toMatchObject([{ address: 'bob@guest.test' }]);
    expect(mail.attachments).toHaveLength(2);
    expect(mail.html).not.toContain('<script');
    expect(envelope).toEqual({ from: 'bounces@our.test', to: 'bob@guest.test' });
  });

  test.each([
    ...['bob@guest.test\r\nRCPT TO:<eve@evil.test>', '"bob@evil.test"@guest.test', 'a:b@guest.test;', ''],
    ...['bob@guest.test,eve@evil.test', 'Bob <bob@guest.test>', 'bob@guest.test>', 'bob%0d%0a@guest.test\0'],
  ])('no mail is made to %j', async (address) => {
    await expect(composeMail(request({ recipient: { name: 'B', address } }), POLICY)).rejects.toThrow(UnusableAddress);
  });

  test('a sender without a usable address is named, and nobody is answered', async () => {
    const mail = await parsed(request({ sender: { name: 'A', address: 'a\r\nX: y@our.test' } }));
    expect([mail.from?.text, mail.replyTo, mail.headers.has('x')]).toEqual([
      '"A" <calendar@our.test>',
      undefined,
      false,
    ]);
  });

  test('an address of an international domain is written in ASCII everywhere', async () => {
    const { octets, envelope } = await composeMail(
      request({ recipient: { name: '', address: 'bob@bücher.test' } }),
      POLICY,
    );
    expect(envelope.to).toBe('bob@xn--bcher-kva.test');
    expect(octets.toString()).toMatch(/^To: <bob@xn--bcher-kva.test>\r$/m);
  });
});

describe('the text', () => {
  const htmlOf = async (...lines: readonly string[]) => String((await parsed(request({}, ...lines))).html);

  test('links what a browser opens as a page, and nothing else', async () => {
    for (const url of [
      'javascript:alert(1)',
      'JAVASCRIPT:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      'file:///etc',
      ' javascript:x',
      'https:javascript',
      'http://a b',
    ]) {
      const html = await htmlOf(`URL:${url}`);
      expect([...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => new URL(href!).host)).toEqual(
        Array(4).fill('calendar.our.test'),
      );
    }
    expect(await htmlOf('URL:https://meet.test/"><script>')).toContain('href="https://meet.test/%22%3E%3Cscript%3E"');
    expect(await htmlOf('CONFERENCE;VALUE=URI:https://meet.test/a?b=1&c')).toContain(
      'href="https://meet.test/a?b=1&amp;c"',
    );
  });

  test('shows no rich text of anybody’s, and all of it escaped', async () => {
    const html = await htmlOf(
      'X-ALT-DESC;FMTTYPE=text/html:<b>rich</b>',
      'DESCRIPTION:<b onclick="x">&\\n\'plain\'</b>',
    );
    expect(html).not.toContain('rich');
    expect(html).toContain('&lt;b onclick=&quot;x&quot;&gt;&amp;<br>\n&#39;plain&#39;&lt;/b&gt;');
  });

  test('says nothing of guests whom the message does not hold', async () => {
    const mail = await parsed(request());
    expect(mail.text).not.toContain('Guests');
    expect((await parsed(request({}, 'ATTENDEE;CN=Carol:mailto:c@x.test'))).text).toContain('Guests: Carol');
  });

  test('of a meeting of very many names a few', async () => {
    const many = Array.from({ length: 1000 }, (_, at) => `ATTENDEE;CN=Guest ${at}:mailto:g${at}@x.test`);
    const { text = '' } = await parsed(request({}, ...many));
    expect(text.replaceAll(/\s+/g, ' ')).toContain('Guest 8, Guest 9 and 990 more');
  });

  test('has links that only propose an answer, and none where there is nothing to answer', async () => {
    const { text = '' } = await parsed(request());
    for (const answer of ['accepted', 'tentative', 'declined', 'counter']) expect(text).toContain(`?answer=${answer}`);
    expect((await parsed(request({ answerUrl: undefined }))).text).not.toContain('?answer=');
    const cancel = inputOf(messageOf('CANCEL', event(...AT_TEN)), { why: 'cancelled' });
    expect((await parsed(cancel)).text).not.toContain('?answer=');
  });

  test('what nobody has asked for says so', async () => {
    expect((await parsed(request({ isAutomatic: true }))).headers.get('auto-submitted')).toBe('auto-generated');
    expect((await parsed(request())).headers.has('auto-submitted')).toBe(false);
  });
});

describe('what is different', () => {
  const told = async (changes: MailInput['changes'], ...lines: readonly string[]) =>
    (await parsed(request({ why: 'changed', changes }, ...lines))).text ?? '';

  test('is told with what it was', async () => {
    const text = await told(
      [
        {
          ...{ instance: '', what: 'changed', properties: ['ATTENDEE', 'LOCATION', 'RRULE', 'SUMMARY'] },
          was: [
            'LOCATION:Room 9',
            'SUMMARY:Plan\\, old',
            'DTSTART;TZID=Europe/Berlin:20260302T100000',
            'RRULE:FREQ=DAILY',
          ],
        },
      ],
      ...['SUMMARY:Plan', 'RRULE:FREQ=WEEKLY'],
    );
    expect(text).toContain('- Place, Repetition, Title (before: “Plan, old”)');
    expect(text).toContain('Repeats: every week\n  (before: every day)');
    expect(text).toContain('Where: –\n  (before: Room 9)');
  });

  test('names each day, in order, and counts those that are too many', async () => {
    const changes = Array.from({ length: 40 }, (_, day) => ({
      ...{ instance: `202604${String((day % 28) + 1).padStart(2, '0')}T0${day > 27 ? 9 : 8}0000Z`, properties: [] },
      what: 'cancelled' as const,
    }));
    const text = await told(changes.toReversed());
    expect(text).toContain('- Wednesday, 1 April 2026: cancelled');
    expect(text).toContain('- and 28 more');
  });

  test('does without what it was, where that cannot be read', async () => {
    const changes = [{ instance: '', what: 'changed' as const, properties: ['DTSTART'], was: ['DTSTART', ':;;"'] }];
    expect(await told(changes)).toContain('- Time');
  });
});
