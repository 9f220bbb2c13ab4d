import { parseCalendar } from '../../src/ical/parse.ts';
import { readMessage, type ItipMessage } from '../../src/itip/message.ts';
import type { MailInput, MailPolicy, NoticeInput } from '../../src/mail/outgoing.ts';

/** The mail server sends for our.test, and for nobody of elsewhere.test. */
export const POLICY: MailPolicy = {
  ...{ from: 'calendar@our.test', bounce: 'bounces@our.test', domains: ['our.test'], organizer: 'auto' },
  dkim: undefined,
};

/** A message of one method; `components` are lists of lines. */
export function messageOf(method: string, ...components: readonly (readonly string[])[]): ItipMessage {
  const lines = components.flatMap(([kind, ...rest]) => [`BEGIN:${kind}`, ...rest, `END:${kind}`]);
  const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//Kalends//EN', `METHOD:${method}`, ...lines];
  const reading = readMessage(parseCalendar([...text, 'END:VCALENDAR', ''].join('\r\n')));
  if ('fault' in reading) throw new Error(reading.fault);
  return reading.message;
}

const ORGANIZER = 'ORGANIZER;CN=Alice Adams:mailto:alice@our.test';
const BOB = 'ATTENDEE;CN=Bob Brown;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@guest.test';
const CAROL = 'ATTENDEE;CN=Carol Clark;PARTSTAT=ACCEPTED:mailto:carol@guest.test';

/** A VEVENT of Alice's to which Bob is invited. */
export const event = (...lines: readonly string[]): readonly string[] => [
  ...['VEVENT', 'UID:meeting-1', 'DTSTAMP:20260210T080000Z', 'SEQUENCE:0', ORGANIZER, BOB],
  ...lines,
];

const AT_TEN = ['DTSTART;TZID=Europe/Berlin:20260302T100000', 'DTEND;TZID=Europe/Berlin:20260302T110000'];
const BUDGET = [...AT_TEN, 'SUMMARY:Budget', 'LOCATION:Room 1'];

const DAY = 'RECURRENCE-ID;TZID=Europe/Berlin:20260309T100000';
const ON_NINTH = AT_TEN.map((line) => line.replace('20260302', '20260309'));

/** Bob's part alone, as an answer has it. */
const answer = (partstat: string, ...lines: readonly string[]): readonly string[] => [
  ...['VEVENT', 'UID:meeting-1', 'DTSTAMP:20260210T080000Z', 'SEQUENCE:0'],
  ...['ORGANIZER:mailto:alice@guest.test', `ATTENDEE;CN=Bob Brown;PARTSTAT=${partstat}:mailto:bob@our.test`],
  ...(lines.includes(DAY) ? ON_NINTH : AT_TEN),
  ...['SUMMARY:Budget', ...lines],
];

export function inputOf(message: ItipMessage, more: Partial<MailInput> = {}): MailInput {
  return {
    ...{ id: '0123456789abcdefghjkmnpqrs', thread: 'thread-1', at: Date.UTC(2026, 1, 10, 8, 0, 5) },
    sender: { name: 'Alice Adams', address: 'alice@our.test' },
    recipient: { name: 'Bob Brown', address: 'bob@guest.test' },
    replyAddress: 'answer+tokentokentokentokentokent@our.test',
    answerUrl: 'https://calendar.our.test/invitation/answertokenanswertokenansw',
    ...{ message, changes: [], why: 'invited', zone: 'Europe/Berlin', language: 'en', isAutomatic: false },
    ...more,
  };
}

/** What Bob of this server answers to Alice elsewhere. */
const fromBob = (message: ItipMessage, more: Partial<MailInput> = {}): MailInput =>
  inputOf(message, {
    sender: { name: 'Bob Brown', address: 'bob@our.test' },
    recipient: { name: 'Alice', address: 'alice@guest.test' },
    ...{ replyAddress: undefined, answerUrl: undefined, why: 'answer' },
    ...more,
  });

const NOTICE: NoticeInput = {
  ...{ id: 'notice0123456789abcdefghjk', thread: 'thread-2', at: Date.UTC(2026, 1, 10, 8, 0, 5) },
  sender: { name: 'Kalends', address: 'calendar@our.test' },
  recipient: { name: 'Alice Adams', address: 'alice@our.test' },
  ...{ zone: 'Europe/Berlin', language: 'en' },
  notice: {
    ...{ method: 'REQUEST', summary: 'Budget', name: 'Bob Brown', address: 'bob@guest.test', status: '5.1.1' },
    reason: 'No such user here',
  },
};

const HOSTILE = 'x\\nBcc: evil@evil.test\\n\\n<script>alert(1)</script>';
const FOREIGN = { sender: { name: 'Zoë “Z” Müller', address: 'zoe@elsewhere.test' } };
const WEEKLY = 'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260629T080000Z';
const MOVED = ['DTSTART;TZID=Europe/Berlin:20260310T140000', 'DTEND;TZID=Europe/Berlin:20260310T150000'];
const NINTH = '20260309T090000Z';
const BEFORE = ['DTSTART;TZID=Europe/Berlin:20260302T090000', 'DTEND;TZID=Europe/Berlin:20260302T100000'];

/** Mails by the names of the files that hold them. */
export const CASES: Readonly<Record<string, MailInput | NoticeInput>> = {
  'request-new': inputOf(messageOf('REQUEST', event(...BUDGET, CAROL, 'DESCRIPTION:Please bring\\nthe figures.'))),
  'request-new-de': inputOf(messageOf('REQUEST', event(...BUDGET, WEEKLY)), { language: 'de' }),
  'request-new-fr': inputOf(messageOf('REQUEST', event(...BUDGET, WEEKLY)), { language: 'fr' }),
  'request-new-es': inputOf(messageOf('REQUEST', event(...BUDGET, WEEKLY)), { language: 'es' }),
  'request-other-zone': inputOf(messageOf('REQUEST', event(...BUDGET)), { zone: 'America/New_York' }),
  'request-all-day': inputOf(
    messageOf('REQUEST', event('DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260303', 'SUMMARY:Open day')),
  ),
  'request-several-days': inputOf(
    messageOf('REQUEST', event('DTSTART;VALUE=DATE:20260302', 'DTEND;VALUE=DATE:20260305', 'SUMMARY:Fair')),
  ),
  'request-floating': inputOf(
    messageOf('REQUEST', event('DTSTART:20260302T080000', 'DURATION:PT30M', 'SUMMARY:Gymnastics')),
  ),
  'request-rule-without-words': inputOf(
    messageOf('REQUEST', event(...BUDGET, 'RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=-1')),
  ),
  'request-task': inputOf(
    messageOf('REQUEST', [
      ...['VTODO', 'UID:task-1', 'DTSTAMP:20260210T080000Z', 'DUE;TZID=Europe/Berlin:20260302T100000'],
      ...['SUMMARY:Send the report', ORGANIZER, BOB],
    ]),
  ),
  'request-hidden-guests': inputOf(messageOf('REQUEST', event(...BUDGET))),
  'request-foreign-organizer': inputOf(
    messageOf(
      'REQUEST',
      event(...BUDGET).map((line) =>
        line.replace(/^ORGANIZER.*/, 'ORGANIZER;CN=Zoë “Z” Müller:mailto:zoe@elsewhere.test'),
      ),
    ),
    FOREIGN,
  ),
  'request-changed': inputOf(messageOf('REQUEST', event(...BUDGET, WEEKLY)), {
    why: 'changed',
    changes: [
      { instance: '', what: 'changed', properties: ['DTSTART', 'LOCATION'], was: [...BEFORE, 'LOCATION:Room 9'] },
      { instance: '20260316T090000Z', what: 'cancelled', properties: [] },
    ],
  }),
  'request-one-day-changed': inputOf(messageOf('REQUEST', event(DAY, ...MOVED, 'SUMMARY:Budget')), {
    why: 'changed',
    changes: [
      {
        ...{ instance: NINTH, what: 'changed', properties: ['DTSTART', 'SUMMARY'] },
        was: [
          'DTSTART;TZID=Europe/Berlin:20260309T100000',
          'DTEND;TZID=Europe/Berlin:20260309T110000',
          'SUMMARY:Planning',
        ],
      },
    ],
  }),
  'request-one-day-reinstated': inputOf(messageOf('REQUEST', event(DAY, ...MOVED, 'SUMMARY:Budget')), {
    ...{ why: 'changed', changes: [{ instance: NINTH, what: 'reinstated', properties: [] }] },
  }),
  'request-hostile': inputOf(
    messageOf(
      'REQUEST',
      event(
        ...[...AT_TEN, `SUMMARY:${HOSTILE}`, 'LOCATION:"><img src=x onerror=alert(1)>', `DESCRIPTION:${HOSTILE}`],
        ...['URL:javascript:alert(1)', 'X-ALT-DESC;FMTTYPE=text/html:<script>alert(2)</script>'],
      ),
    ),
    {
      sender: { name: 'Eve\r\nBcc: evil@evil.test', address: 'alice@our.test' },
      recipient: { name: 'Bob\0 <bcc@evil.test>, "x', address: 'bob@guest.test' },
    },
  ),
  'request-long-words': inputOf(
    messageOf('REQUEST', event(...AT_TEN, `SUMMARY:${'Überprüfung der Jahresabschlüsse 日本語 🗓 '.repeat(6)}`)),
    { sender: { name: 'Ž'.repeat(90), address: 'alice@our.test' }, language: 'de' },
  ),
  'cancel-whole': inputOf(messageOf('CANCEL', event(...BUDGET, 'STATUS:CANCELLED')), { why: 'cancelled' }),
  'cancel-one-day': inputOf(messageOf('CANCEL', event(DAY, ...ON_NINTH, 'SUMMARY:Budget', 'STATUS:CANCELLED')), {
    ...{ why: 'cancelled', changes: [{ instance: NINTH, what: 'cancelled', properties: [] }] },
  }),
  'cancel-no-longer-invited': inputOf(messageOf('CANCEL', event(...BUDGET, 'STATUS:CANCELLED')), { why: 'removed' }),
  'reply-accepted': fromBob(messageOf('REPLY', answer('ACCEPTED', 'COMMENT:Looking forward'))),
  'reply-tentative': fromBob(messageOf('REPLY', answer('TENTATIVE')), { language: 'de' }),
  'reply-declined-one-day': fromBob(messageOf('REPLY', answer('DECLINED', DAY))),
  'reply-delegated': fromBob(
    messageOf('REPLY', [
      ...['VEVENT', 'UID:meeting-1', 'DTSTAMP:20260210T080000Z', 'ORGANIZER:mailto:alice@guest.test', 'SUMMARY:Budget'],
      'ATTENDEE;CN=Bob Brown;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:carol@guest.test":mailto:bob@our.test',
      'ATTENDEE;CN=Carol;PARTSTAT=NEEDS-ACTION;DELEGATED-FROM="mailto:bob@our.test":mailto:carol@guest.test',
      ...AT_TEN,
    ]),
  ),
  'reply-of-a-room': fromBob(messageOf('REPLY', answer('ACCEPTED')), { isAutomatic: true }),
  counter: fromBob(messageOf('COUNTER', answer('TENTATIVE', 'COMMENT:An hour later?'))),
  declinecounter: inputOf(messageOf('DECLINECOUNTER', event(...BUDGET)), { why: 'changed' }),
  refresh: fromBob(
    messageOf('REFRESH', [
      ...['VEVENT', 'UID:meeting-1', 'DTSTAMP:20260210T080000Z', 'ORGANIZER:mailto:alice@guest.test'],
      'ATTENDEE:mailto:bob@our.test',
    ]),
  ),
  add: inputOf(messageOf('ADD', event(...MOVED, 'SUMMARY:Budget'))),
  publish: inputOf(
    messageOf('PUBLISH', [
      ...['VEVENT', 'UID:meeting-1', 'DTSTAMP:20260210T080000Z', 'ORGANIZER:mailto:alice@our.test', ...BUDGET],
    ]),
  ),
  'notice-undelivered': NOTICE,
  'notice-undelivered-de': { ...NOTICE, language: 'de' },
};
