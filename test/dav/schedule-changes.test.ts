import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startDavServer, type DavServer } from '../dav-server.ts';
import { ICS, meeting, onlyEvent, pathsIn, putEvent } from './meeting.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice', 'bob'] });
  server.time.now = Date.UTC(2026, 1, 2, 22, 34, 23);
});
afterEach(() => server.close());

const OWN = '/dav/calendars/alice/calendar/m.ics';
const ASKED =
  '<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><CS:schedule-changes/></D:prop></D:propfind>';

/** CS:schedule-changes of the one item in somebody's inbox, without spaces and prefixes; the item is deleted then. */
async function changesFor(owner: string): Promise<string> {
  const [path, ...more] = await pathsIn(server, owner, 'inbox');
  expect(more).toEqual([]);
  const answer = await server.request('PROPFIND', path ?? '', {
    as: owner,
    body: ASKED,
    headers: { depth: '0', 'content-type': 'application/xml' },
  });
  expect((await server.request('DELETE', path ?? '', { as: owner })).status).toBe(204);
  const text = answer.body.toString().replaceAll(/<(\/?)CS:/g, '<$1');
  return /<schedule-changes>(.*)<\/schedule-changes>/s.exec(text)?.[1] ?? '';
}

const DTSTAMP = '<dtstamp>20260202T223423Z</dtstamp>';
const invite = (...lines: readonly string[]) =>
  putEvent(server, OWN, meeting('m', ['ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.com'], ...lines));

/** The attendee's PUT of the copy as it is, but for what `edit` changes. */
async function answer(edit: (text: string) => string): Promise<void> {
  const { path, text } = await onlyEvent(server, 'bob');
  const put = await server.request('PUT', path, { as: 'bob', body: edit(text), headers: ICS });
  expect(put.status).toBe(204);
}

const accepted = (text: string): string =>
  text.replace(/ATTENDEE[^\r]*bob@example.com/, 'ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com');

describe('the examples of the document', () => {
  test('a new component was created', async () => {
    await invite('SUMMARY:Lunch');
    expect(await changesFor('bob')).toBe(`${DTSTAMP}<action><create/></action>`);
  });

  test('the SUMMARY of a component that does not recur was changed', async () => {
    await invite('SUMMARY:Lunch');
    await changesFor('bob');
    await invite('SUMMARY:Dinner');
    expect(await changesFor('bob')).toBe(
      `${DTSTAMP}<action><update><recurrence><master/><changes><changed-property name="SUMMARY"/></changes>` +
        '</recurrence></update></action>',
    );
  });

  test('two instances were cancelled', async () => {
    const series = ['DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=4', 'SUMMARY:Standup'];
    await invite(...series);
    await changesFor('bob');
    await invite(...series, 'EXDATE:20260303T090000Z,20260304T090000Z');
    const items = await pathsIn(server, 'bob', 'inbox');
    const told: string[] = [];
    for (const path of items) {
      const found = await server.request('PROPFIND', path, {
        as: 'bob',
        body: ASKED,
        headers: { depth: '0', 'content-type': 'application/xml' },
      });
      told.push(found.body.toString().replaceAll(/<(\/?)CS:/g, '<$1'));
    }
    expect(told.join('')).toContain(
      '<cancel><recurrence><recurrenceid>20260303T090000Z</recurrenceid></recurrence>' +
        '<recurrence><recurrenceid>20260304T090000Z</recurrenceid></recurrence></cancel>',
    );
  });

  test('an attendee replied, for one instance', async () => {
    await invite('DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=4', 'SUMMARY:Standup');
    await answer((text) => {
      const master = /BEGIN:VEVENT.*END:VEVENT\r\n/s.exec(text)?.[0] ?? '';
      const day = accepted(master)
        .replace(/RRULE[^\r]*\r\n/, 'RECURRENCE-ID:20260303T090000Z\r\n')
        .replace('DTSTART:20260302', 'DTSTART:20260303');
      return text.replace('END:VCALENDAR', `${day}END:VCALENDAR`);
    });
    expect(await changesFor('alice')).toBe(
      `${DTSTAMP}<action><reply><attendee>mailto:bob@example.com</attendee><recurrence>` +
        '<recurrenceid>20260303T090000Z</recurrenceid><changes><changed-property name="ATTENDEE">' +
        '<changed-parameter name="PARTSTAT"/></changed-property></changes></recurrence></reply></action>',
    );
  });
});

test('a cancellation of the whole names no instance, of a series either', async () => {
  await invite('DTSTART:20260302T090000Z', 'RRULE:FREQ=DAILY;COUNT=4');
  await changesFor('bob');
  expect((await server.request('DELETE', OWN, { as: 'alice' })).status).toBe(204);
  expect(await changesFor('bob')).toBe(`${DTSTAMP}<action><cancel/></action>`);
});

test('each property is named once, each with the parameters that differ', async () => {
  await invite('SUMMARY:Lunch', 'LOCATION;LANGUAGE=en:Here');
  await changesFor('bob');
  const people = ['ATTENDEE;RSVP=TRUE;CN=Bob;PARTSTAT=NEEDS-ACTION:mailto:bob@example.com', 'ATTENDEE:mailto:x@e.test'];
  await putEvent(server, OWN, meeting('m', people, 'SUMMARY:Dinner', 'LOCATION;LANGUAGE=de:Here'));
  const [, changes] = /<changes>(.*)<\/changes>/.exec(await changesFor('bob')) ?? [];
  expect(changes).toBe(
    '<changed-property name="ATTENDEE"><changed-parameter name="CN"/></changed-property>' +
      '<changed-property name="LOCATION"><changed-parameter name="LANGUAGE"/></changed-property>' +
      '<changed-property name="SUMMARY"/>',
  );
});

test('it is protected, in no allprop, in a multiget, and of nothing but inbox items', async () => {
  await invite('SUMMARY:Lunch');
  const [path = ''] = await pathsIn(server, 'bob', 'inbox');
  const headers = { depth: '0', 'content-type': 'application/xml' };
  const all = await server.request('PROPFIND', path, {
    as: 'bob',
    body: '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>',
    headers,
  });
  expect(all.body.toString()).not.toContain('schedule-changes');
  const patched = await server.request('PROPPATCH', path, {
    as: 'bob',
    body:
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>' +
      '<schedule-changes xmlns="http://calendarserver.org/ns/"/></D:prop></D:set></D:propertyupdate>',
    headers,
  });
  expect(patched.body.toString()).toContain('cannot-modify-protected-property');
  const got = await server.request('REPORT', '/dav/calendars/bob/inbox/', {
    as: 'bob',
    body:
      '<C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop>' +
      `<schedule-changes xmlns="http://calendarserver.org/ns/"/></D:prop><D:href>${path}</D:href></C:calendar-multiget>`,
    headers,
  });
  expect(got.body.toString()).toContain('<CS:create/>');
  const event = await server.request('PROPFIND', OWN, { as: 'alice', body: ASKED, headers });
  expect(event.body.toString()).toContain('404 Not Found');
});
