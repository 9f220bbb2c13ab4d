import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { writeComponent } from '../../src/ical/write.ts';
import { receiveAdd } from '../../src/itip/add.ts';
import { isOneOf } from '../../src/itip/address.ts';
import { attendeeChanges } from '../../src/itip/attendee-changes.ts';
import { receiveCancel } from '../../src/itip/cancel.ts';
import { receiveCounter } from '../../src/itip/counter.ts';
import { receiveDeclineCounter } from '../../src/itip/decline-counter.ts';
import { METHODS } from '../../src/itip/message-rules.ts';
import { messageText, readMessage } from '../../src/itip/message.ts';
import { organizerChanges } from '../../src/itip/organizer-changes.ts';
import type { Outcome } from '../../src/itip/outcome.ts';
import { receivePublish } from '../../src/itip/publish.ts';
import { receiveRefresh } from '../../src/itip/refresh.ts';
import { receiveReply } from '../../src/itip/reply.ts';
import { receiveRequest } from '../../src/itip/request.ts';
import { NO_MEMORY } from '../../src/itip/revision.ts';
import { calendar, component } from '../ical/calendar-text.ts';
import { holds } from '../properties/holds.ts';

const POOL = [
  ...[
    'UID:1',
    'UID:2',
    'DTSTAMP:20260101T000000Z',
    'DTSTAMP:20260201T000000Z',
    'SEQUENCE:1',
    'SEQUENCE:x',
    'SEQUENCE:-4',
  ],
  ...[
    'DTSTART:20260302T090000Z',
    'DTSTART;VALUE=DATE:20260302',
    'DTSTART;TZID=Nowhere:20260302T090000',
    'DTSTART:garbage',
  ],
  ...['DTEND:20260302T100000Z', 'DTEND:20260301T100000Z', 'DURATION:PT1H', 'DURATION:-P1D', 'DUE:20260302T100000Z'],
  ...[
    'RRULE:FREQ=DAILY;COUNT=5',
    'RRULE:FREQ=DAILY',
    'RRULE:FREQ=SOMETIMES',
    'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
  ],
  ...[
    'RDATE:20260401T090000Z',
    'RDATE;VALUE=PERIOD:20260402T090000Z/PT2H',
    'EXDATE:20260303T090000Z',
    'EXDATE;VALUE=DATE:20260304',
    'EXDATE:x',
  ],
  ...[
    'RECURRENCE-ID:20260303T090000Z',
    'RECURRENCE-ID;VALUE=DATE:20260303',
    'RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T090000Z',
    'RECURRENCE-ID:x',
  ],
  ...[
    'ORGANIZER:mailto:alice@example.com',
    'ORGANIZER;SCHEDULE-AGENT=NONE:mailto:alice@example.com',
    'ORGANIZER:mailto:bob@example.com',
  ],
  ...[
    'ATTENDEE:mailto:bob@example.com',
    'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com',
    'ATTENDEE:',
    'ATTENDEE:mailto:carol@example.com',
  ],
  'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:carol@example.com":mailto:bob@example.com',
  ...['STATUS:CANCELLED', 'STATUS:CONFIRMED', 'SUMMARY:x', 'REQUEST-STATUS:nonsense', 'COMMENT:y', 'X-A:1'],
];

const part = fc.record({
  name: fc.constantFrom('VEVENT', 'VEVENT', 'VEVENT', 'VTODO', 'VJOURNAL'),
  lines: fc.subarray(POOL, { minLength: 3 }),
});
const FRAME = [
  'UID:1',
  'DTSTART:20260302T090000Z',
  'ORGANIZER:mailto:alice@example.com',
  'ATTENDEE:mailto:bob@example.com',
];
const object = fc
  .array(part, { minLength: 1, maxLength: 3 })
  .map((parts) =>
    parseCalendar(
      calendar(
        ...parts.flatMap(({ name, lines }) => component(name, ...(lines.includes('X-A:1') ? FRAME : []), ...lines)),
      ),
    ),
  );

const receivers = [
  receiveRequest,
  receiveReply,
  receiveCancel,
  receiveAdd,
  receiveRefresh,
  receiveCounter,
  receiveDeclineCounter,
  receivePublish,
];
const me = isOneOf('mailto:bob@example.com');
const now = Date.UTC(2026, 0, 1);

/** The result; undefined where the data itself is refused as what no server stores. */
function tried<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

test('whatever a message says, there is an outcome with a reason, and what is stored can be read again', async () => {
  await holds(
    fc.property(fc.option(object, { nil: undefined }), object, fc.constantFrom(...METHODS), (mine, sent, method) => {
      const reading = readMessage(sent, method);
      if ('fault' in reading) {
        expect(reading.fault).not.toBe('');
        return;
      }
      for (const receive of receivers) {
        const outcome: Outcome | undefined = tried(() =>
          receive(mine, reading.message, { me, now, memory: NO_MEMORY }),
        );
        if (outcome === undefined) continue;
        expect(outcome.why).not.toBe('');
        expect(outcome.calendar !== undefined).toBe(outcome.outcome === 'created' || outcome.outcome === 'updated');
        if (outcome.calendar !== undefined) parseCalendar(writeComponent(outcome.calendar));
        if (outcome.answer !== undefined) parseCalendar(messageText(outcome.answer));
      }
    }),
    { seed: 1, numRuns: 1500 },
  );
});

test('whatever is saved, there is a plan, and all that it sends are messages by the tables', async () => {
  const option = fc.option(object, { nil: undefined });
  await holds(
    fc.property(option, option, (before: Component | undefined, after: Component | undefined) => {
      const organizers = tried(() => organizerChanges(before, after, { me: isOneOf('mailto:alice@example.com'), now }));
      for (const { message } of organizers?.messages ?? []) parseCalendar(messageText(message));
      const attendees = tried(() => attendeeChanges(before, after, { me, now, memory: NO_MEMORY }));
      expect(
        attendees === undefined ||
          attendees.kind === 'refused' ||
          (attendees.calendar === undefined) === (after === undefined),
      ).toBe(true);
    }),
    { seed: 2, numRuns: 1500 },
  );
});
