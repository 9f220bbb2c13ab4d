import { describe, expect, test } from 'vitest';
import { BadRequest, ConditionFailed, Refusal } from '../../src/base/refusal.ts';
import type { RefusalCode } from '../../src/base/refusal.ts';
import { errorAnswer } from '../../src/dav/error-body.ts';
import { PRECONDITIONS } from '../../src/dav/preconditions.ts';
import { caldav, dav, errorDescription, splitName } from '../../src/dav/xml/names.ts';
import { childOf, childText, parseXml } from '../../src/dav/xml/parse.ts';

const bodyOf = (error: unknown) =>
  parseXml(Buffer.from(errorAnswer(error).body), { octets: 100_000, depth: 64, elements: 100 });

/** CardDAV's element has the local name of CalDAV's (RFC 6352 §8.6). */
const LOCAL_NAMES: Partial<Record<RefusalCode, string>> = { 'supported-card-collation': 'supported-collation' };

describe('a refusal', () => {
  // The codes are the keys of the table, by its type.
  test.each(Object.keys(PRECONDITIONS) as RefusalCode[])('%s is its element in DAV:error, with its status', (code) => {
    const { status, headers } = errorAnswer(new Refusal(code, 'why'));
    expect(status).toBe(PRECONDITIONS[code][1]);
    // 400: RFC 6638 §5.2, a message that is none.
    expect([400, 403, 409, 412, 423, 507]).toContain(status);
    expect(headers['Content-Type']).toBe('application/xml; charset=utf-8');
    const root = bodyOf(new Refusal(code, 'why'));
    expect(root.name).toBe(dav('error'));
    expect(splitName(root.children[0]!.name).local).toBe(LOCAL_NAMES[code] ?? code);
  });

  test('invalid data is 403, a UID that is taken 409 with its href (RFC 4791 §5.3.2.1)', () => {
    expect(errorAnswer(new Refusal('valid-calendar-data', '')).status).toBe(403);
    const conflict = new Refusal('no-uid-conflict', 'taken', { href: '/dav/calendars/a/b/c%20d.ics' });
    expect(errorAnswer(conflict).status).toBe(409);
    expect(childText(childOf(bodyOf(conflict), caldav('no-uid-conflict'))!, dav('href'))).toBe(
      '/dav/calendars/a/b/c%20d.ics',
    );
  });

  test('a member is named by its href', () => {
    const member = { collection: { homeId: 'alice', uri: 'work' }, name: 'a b.ics' };
    const conflict = childOf(bodyOf(new Refusal('no-uid-conflict', 'taken', { member })), caldav('no-uid-conflict'));
    expect(childText(conflict!, dav('href'))).toBe('/dav/calendars/alice/work/a%20b.ics');
  });

  test.each([
    ['write-content', dav('write-content')],
    ['read-free-busy', caldav('read-free-busy')],
    ['schedule-send-invite', caldav('schedule-send-invite')],
  ])('the privilege %s that is missing is named with its resource (RFC 3744 §7.1.1)', (privilege, name) => {
    const root = bodyOf(new Refusal('need-privileges', 'no', { href: '/a/', privilege }));
    const resource = childOf(childOf(root, dav('need-privileges'))!, dav('resource'))!;
    expect(childText(resource, dav('href'))).toBe('/a/');
    expect(childOf(resource, dav('privilege'))?.children.map((child) => child.name)).toEqual([name]);
  });

  test('its words are text', () => {
    const root = bodyOf(new Refusal('valid-calendar-data', 'line 3: <DTSTART> & "x"'));
    expect(childText(root, errorDescription)).toBe('line 3: <DTSTART> & "x"');
  });
});

test('a failed condition is 412', () => {
  expect(errorAnswer(new ConditionFailed('If-Match: changed')).status).toBe(412);
  expect(childText(bodyOf(new ConditionFailed('If-Match: changed')), errorDescription)).toBe('If-Match: changed');
});

test('a bad request has its status, its headers and its reason in plain text', () => {
  expect(errorAnswer(new BadRequest('no', { status: 405, headers: { Allow: 'GET' } }))).toEqual({
    status: 405,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', Allow: 'GET' },
    body: 'no\n',
  });
});

test('a bug is thrown on as it is', () => {
  const bug = new TypeError('x is undefined');
  expect(() => errorAnswer(bug)).toThrow(bug);
});
