import { describe, expect, test } from 'vitest';

import { withContained, type Privilege } from '../../src/auth/privileges.ts';
import { seenWith, shownObjects } from '../../src/calendar/shown-object.ts';
import { collection, context as sampleContext, object } from '../dav/sample.ts';
import { event } from '../dav-server.ts';

const context = sampleContext().calendar;
const FEED = { source: 'https://feed.example/a.ics' } as const;

describe('a collection is veiled for who may read it and not change it', () => {
  test.each<[boolean, string, Parameters<typeof collection>[0], readonly Privilege[]]>([
    [false, 'calendar', {}, ['all']],
    [false, 'calendar', {}, ['read', 'write']],
    [false, 'calendar', {}, ['read', 'write-content']],
    [true, 'calendar', {}, ['read']],
    [true, 'calendar', {}, ['read', 'bind', 'unbind', 'write-properties', 'write-acl']],
    [true, 'inbox', { kind: 'inbox' }, ['read']],
    [false, 'fetched calendar', FEED, ['read', 'write-properties', 'unbind']],
    [true, 'fetched calendar', FEED, ['read']],
    [false, 'notification collection, which holds no events', { kind: 'notification' }, ['read']],
    [false, 'plain collection, which holds no events', { kind: 'plain' }, ['read']],
  ])('%s: a %s %o with %j', (veiled, _, fields, granted) => {
    expect(seenWith(collection(fields), withContained(granted)).isVeiled === true).toBe(veiled);
  });
});

describe('of a veiled collection', () => {
  const veiled = { ...collection(), isVeiled: true };

  test('what is not public has a form, a size and a tag of its own', async () => {
    const stored = object(event('a', 'CLASS:PRIVATE', 'SUMMARY:Secret'));
    const [shown] = await shownObjects(context, veiled, [stored]);
    expect(Buffer.from(shown!.octets).toString()).not.toContain('Secret');
    expect(shown).toMatchObject({ isBusyOnly: true, size: shown!.octets.byteLength, name: stored.name });
    expect(shown!.etag).not.toBe(stored.etag);
    const [again] = await shownObjects(context, veiled, [object(event('a', 'CLASS:PRIVATE', 'SUMMARY:Other'))]);
    expect(again!.etag).toBe(shown!.etag);
  });

  test('what is public is as it is stored, though words of it speak of a class', async () => {
    const stored = object(event('a', 'CLASS:PUBLIC', 'SUMMARY:CLASS:PRIVATE'));
    expect(await shownObjects(context, veiled, [stored])).toEqual([stored]);
  });

  test('what cannot be read any more shows nothing', async () => {
    const broken = object('BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Secret\r\nCLASS:PRIVATE\r\n');
    const [shown] = await shownObjects(context, veiled, [broken]);
    expect(Buffer.from(shown!.octets).toString()).not.toContain('Secret');
  });
});

test('for who may change it nothing is read twice', async () => {
  const stored = [object(event('a', 'CLASS:PRIVATE'))];
  expect(await shownObjects(context, collection(), stored)).toBe(stored);
});
