import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readReport, type PossibleReport } from '../../src/mail/report.ts';

const octets = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'));
const part = (contentType: string, ...lines: readonly string[]) => ({ contentType, octets: octets(...lines) });
const report = (...parts: PossibleReport['parts']): PossibleReport => ({
  contentType: 'multipart/report',
  failedRecipients: [],
  parts,
});
const status = (...lines: readonly string[]) => part('message/delivery-status', ...lines);
const RETURNED = part(
  'message/rfc822',
  'From: a@here.example',
  'Message-ID: <id-1@here.example>',
  '',
  'Message-ID: <x@y>',
);

describe('RFC 3464', () => {
  test('each group after the first is a recipient, and the returned message says what it is about', () => {
    const read = readReport(
      report(
        part('text/plain', 'I am sorry.'),
        status(
          ...['Reporting-MTA: dns; mx.example.net', 'Arrival-Date: Mon, 2 Mar 2026 09:00:00 +0000', ''],
          ...['Final-Recipient: rfc822; bob@example.net', 'Action: failed', 'Status: 5.1.1'],
          ...['Diagnostic-Code: smtp; 550 5.1.1 <bob@example.net>: Recipient', '    address rejected', ''],
          ...['Final-Recipient: RFC822;carol@example.net', 'Action: Delayed', 'Status: 4.4.1 (no answer)', ''],
        ),
        RETURNED,
      ),
    );
    expect(read).toEqual({
      recipients: [
        {
          address: 'bob@example.net',
          action: 'failed',
          status: '5.1.1',
          said: '550 5.1.1 …: Recipient address rejected',
        },
        { address: 'carol@example.net', action: 'delayed', status: '4.4.1', said: '' },
      ],
      about: 'id-1@here.example',
    });
  });

  test('the recipient as the sender named it comes before the one that it was forwarded to', () => {
    const read = readReport(
      report(
        status(
          'X: y',
          '',
          'Original-Recipient: rfc822;bob@a.example',
          'Final-Recipient: rfc822;b@b.example',
          'Action: failed',
          'Status: 5.2.2',
        ),
      ),
    );
    expect(read?.recipients.map(({ address }) => address)).toEqual(['bob@a.example']);
  });

  test('headers alone are enough to know what it is about', () => {
    const read = readReport(
      report(
        status('Final-Recipient: rfc822;b@c.example', 'Action: failed', 'Status: 5.0.0'),
        part('text/rfc822-headers', 'Subject: x', 'MESSAGE-ID:', ' <id-2@here.example>'),
      ),
    );
    expect(read).toMatchObject({ about: 'id-2@here.example', recipients: [{ address: 'b@c.example' }] });
  });

  test('where there is no action, the status tells it, and where there is no status the diagnostic does', () => {
    const read = readReport(
      report(
        status(
          ...['Final-Recipient: rfc822;a@c.example', 'Status: 5.7.1', ''],
          ...['Final-Recipient: rfc822;b@c.example', 'Action: failed', 'Diagnostic-Code: smtp;552 5.2.2 full', ''],
          ...['Final-Recipient: rfc822;c@c.example', 'Status: unknown', ''],
          ...['Final-Recipient: rfc822;d@c.example', 'Action: delivered'],
        ),
      ),
    );
    expect(read?.recipients.map(({ address, action, status: code }) => [address, action, code])).toEqual([
      ['a@c.example', 'failed', '5.7.1'],
      ['b@c.example', 'failed', '5.2.2'],
      ['d@c.example', 'delivered', '2.0.0'],
    ]);
  });

  test('an internationalized address is read (RFC 6533 §3)', () => {
    const read = readReport(
      report(
        part(
          'message/global-delivery-status',
          'Final-Recipient: utf-8; j\\x{F6}rg@example.net',
          'Action: failed',
          'Status: 5.1.1',
        ),
      ),
    );
    expect(read?.recipients[0]?.address).toBe('jörg@example.net');
  });

  test('a reading notice (RFC 8098) and an answer of an absent person are no reports', () => {
    expect(
      readReport(report(part('text/plain', 'read'), part('message/disposition-notification', 'Disposition: x'))),
    ).toBe(undefined);
    expect(readReport({ ...report(part('text/plain', 'I am away')), contentType: 'text/plain' })).toBe(undefined);
  });

  test('what the other server said is one line without addresses, of bounded length', () => {
    const said = (text: string) =>
      readReport(
        report(status('Final-Recipient: rfc822;a@c.example', 'Action: failed', `Diagnostic-Code: smtp;${text}`)),
      )?.recipients[0]?.said;
    expect(said('550 no <secret@there.example> and other@there.example here')).toBe('550 no … and … here');
    expect(said('x'.repeat(5000))).toHaveLength(300);
  });
});

describe('other shapes', () => {
  test('Exim: X-Failed-Recipients and a text, with the message quoted below', () => {
    const text = part(
      'text/plain',
      ...['This message was created automatically by mail delivery software.', ''],
      ...['A message that you sent could not be delivered to one or more of its', 'recipients.', ''],
      ...[
        '  bob@example.net',
        '    host mx.example.net [192.0.2.1]',
        '    SMTP error from remote mail server after RCPT TO:<bob@example.net>:',
      ],
      ...[
        '    550 5.1.1 User unknown',
        '',
        '------ This is a copy of the message ------',
        '',
        'Message-ID: <id-3@here.example>',
        '',
      ],
    );
    const read = readReport({ contentType: 'text/plain', failedRecipients: ['bob@example.net'], parts: [text] });
    expect(read).toMatchObject({
      about: 'id-3@here.example',
      recipients: [{ address: 'bob@example.net', action: 'failed', status: '5.1.1' }],
    });
  });

  test('qmail: a paragraph for each recipient', () => {
    const text = part(
      'text/plain',
      ...[
        'Hi. This is the qmail-send program at mx.example.net.',
        "I'm afraid I wasn't able to deliver your message.",
        '',
      ],
      ...['<bob@example.net>:', 'Sorry, no mailbox here by that name. (#5.1.1)', ''],
      ...[
        '--- Below this line is a copy of the message.',
        '',
        'Message-Id: <id-4@here.example>',
        '',
        '<no@example.net>:',
        'x',
      ],
    );
    expect(readReport({ contentType: 'text/plain', failedRecipients: [], parts: [text] })).toEqual({
      about: 'id-4@here.example',
      recipients: [
        {
          address: 'bob@example.net',
          action: 'failed',
          status: '5.1.1',
          said: 'Sorry, no mailbox here by that name. (#5.1.1)',
        },
      ],
    });
  });
});

test('a report that is one long word takes no long time', () => {
  const [word, addresses] = ['x'.repeat(250_000), 'a@'.repeat(120_000)];
  const started = performance.now();
  for (const text of [word, addresses, `<${addresses}`, `Hi. This is the qmail\r\n\r\n<${addresses}`]) {
    readReport(report(status(`Final-Recipient: rfc822;${text}`, 'Action: failed', `Diagnostic-Code: smtp;${text}`)));
    readReport({ contentType: 'text/plain', failedRecipients: [text], parts: [part('text/plain', text)] });
  }
  expect(performance.now() - started).toBeLessThan(1000);
});

test('whatever a part says, reading it ends, and it has a hundred recipients at most', () => {
  const many = Array.from(
    { length: 1000 },
    (_, at) => `Final-Recipient: rfc822;u${at}@c.example\r\nAction: failed\r\n`,
  );
  expect(readReport(report(status(many.join('\r\n'))))?.recipients.length).toBeLessThanOrEqual(101);
  const line = fc.oneof(
    fc.constantFrom(
      '',
      'Action: failed',
      'Status: 5.1',
      'Final-Recipient: ',
      'Final-Recipient: utf-8;\\x{FFFFFF}@b.c',
      ' <>@',
      'Hi. This is the qmail',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), (lines, isExim) => {
      const parts = [part('text/plain', ...lines), status(...lines), part('message/rfc822', ...lines)];
      const read = readReport({
        ...report(...parts.slice(isExim ? 0 : 1, isExim ? 1 : 3)),
        failedRecipients: isExim ? lines : [],
      });
      for (const { address, said } of read?.recipients ?? []) {
        expect(address).toMatch(/^[^\s<>]+@[^\s<>]+$/);
        expect(said).not.toMatch(/[\r\n]/);
      }
    }),
    { seed: 6047 },
  );
});
