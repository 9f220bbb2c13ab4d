import fc from 'fast-check';
import { expect, test } from 'vitest';

import { atOnce } from '../../src/base/steps.ts';
import { paramOf, propertiesOf } from '../../src/ical/component.ts';
import { subjectsOf } from '../../src/ical/instance-targets.ts';
import {
  addingAttachment,
  linkedIds,
  managedIds,
  mostAttachments,
  removingAttachment,
  updatingAttachment,
} from '../../src/ical/managed-attachments.ts';
import { parsingCalendar } from '../../src/ical/parse.ts';

const ID = '0123456789abcdefghjkmnpqrs';
const parse = (octets: Uint8Array) => atOnce(parsingCalendar(octets));
const attachment = (id: string, filename = 'a.txt') => ({
  ...{ id, url: `https://x.example/dav/calendars/a/attachments/${id}`, type: 'text/plain', filename, size: 12 },
});

/** Lines as clients write them: folded anywhere, with parameters, with any kind of line break, and in any language. */
const word = fc.stringMatching(/^[ a-zäß日,;:"=]{0,90}$/u);
const line = fc
  .tuple(fc.constantFrom('X-A', 'x-b;P=1', 'SUMMARY', 'Attach'), word)
  .map(([name, value]) => `${name}:${value}`);
const folded = fc
  .tuple(line, fc.nat(120), fc.constantFrom(' ', '\t'))
  .map(([text, at, blank]) =>
    at > 0 && at < text.length && at > 9 ? `${text.slice(0, at)}\n${blank}${text.slice(at)}` : text,
  );
const component = fc
  .tuple(fc.array(folded, { maxLength: 6 }), fc.boolean(), fc.array(folded, { maxLength: 3 }))
  .map(([lines, hasAlarm, after]) => [
    ...['BEGIN:VEVENT', 'UID:1', ...lines],
    ...(hasAlarm ? ['BEGIN:VALARM', 'ACTION:AUDIO', 'ATTACH;MANAGED-ID=no:x', 'END:VALARM'] : []),
    ...[...after, 'END:VEVENT'],
  ]);
const calendar = fc
  .tuple(fc.array(component, { minLength: 1, maxLength: 4 }), fc.constantFrom('\n', '\r\n'))
  .map(([each, eol]) =>
    Buffer.from(
      [...['BEGIN:VCALENDAR', 'BEGIN:VTIMEZONE', 'TZID:Z', 'END:VTIMEZONE'], ...each.flat(), 'END:VCALENDAR', '']
        .join('\n')
        .replaceAll('\n', eol),
    ),
  );

test('what was added is in each component; when it is removed, the octets are what they were', () => {
  fc.assert(
    fc.property(calendar, fc.string(), (octets, filename) => {
      const name = [...filename].filter((each) => !/[\p{Cc}\p{Cs}\ufffd]/u.test(each)).join('');
      const parsed = parse(octets);
      const added = atOnce(addingAttachment(octets, subjectsOf(parsed), attachment(ID, name)));
      const after = parse(added);
      const events = after.components.filter((each) => each.name === 'VEVENT');
      for (const each of events) {
        const own = propertiesOf(each, 'ATTACH').filter((property) => paramOf(property, 'MANAGED-ID') === ID);
        expect(own).toHaveLength(1);
        expect(paramOf(own[0]!, 'FILENAME')).toBe(name);
        expect(own[0]!.value).toBe(attachment(ID).url);
      }
      expect([managedIds(after), mostAttachments(subjectsOf(after))]).toEqual([new Set([ID]), 1]);
      expect(Buffer.from(atOnce(removingAttachment(added, subjectsOf(after), ID))).equals(octets)).toBe(true);
    }),
    { seed: 8607, numRuns: 300 },
  );
});

test('an update puts the new one where the old one was, and is undone by another update', () => {
  fc.assert(
    fc.property(calendar, (octets) => {
      const added = atOnce(addingAttachment(octets, subjectsOf(parse(octets)), attachment(ID)));
      const other = 'zzzzzzzzzzzzzzzzzzzzzzzzzz';
      const updated = atOnce(
        updatingAttachment(added, subjectsOf(parse(added)), { id: ID, by: attachment(other, 'b, "c"; d') }),
      );
      expect(managedIds(parse(updated))).toEqual(new Set([other]));
      const back = atOnce(updatingAttachment(updated, subjectsOf(parse(updated)), { id: other, by: attachment(ID) }));
      expect(Buffer.from(back).equals(Buffer.from(added))).toBe(true);
    }),
    { seed: 8607, numRuns: 200 },
  );
});

test('an ATTACH that has lost its parameters is still known by its URL, and another URL is not', () => {
  const text = (value: string) =>
    Buffer.from(`BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH:${value}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`);
  expect(linkedIds(parse(text(`/dav/calendars/a/attachments/${ID}`)))).toEqual(new Set([ID]));
  expect(linkedIds(parse(text(`https://elsewhere.example/${ID}`)))).toEqual(new Set());
  expect(managedIds(parse(text(`/dav/calendars/a/attachments/${ID}`)))).toEqual(new Set());
});
