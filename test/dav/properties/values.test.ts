import { describe, expect, test } from 'vitest';

import { withContained } from '../../../src/auth/privileges.ts';
import { syncTokenOf } from '../../../src/calendar/sync-token.ts';
import { PROPERTIES } from '../../../src/dav/properties/index.ts';
import type { DavContext } from '../../../src/dav/property.ts';
import type { Resource } from '../../../src/dav/resource.ts';
import { apple, caldav, cs, dav, type ClarkName } from '../../../src/dav/xml/names.ts';
import { collectionResource, context, folder, objectResource, principalResource } from '../sample.ts';

const value = (name: ClarkName, resource: Resource, given: DavContext = context()) =>
  PROPERTIES.get(name)!.value(resource, given);

describe('resourcetype', () => {
  test.each<[Resource, string]>([
    [folder('root'), '<D:collection/>'],
    [principalResource(), '<D:collection/><D:principal/>'],
    [collectionResource('home'), '<D:collection/>'],
    // Who may see who has access is told whether it is shared: see sharing.test.ts.
    [{ ...collectionResource('calendar'), privileges: withContained(['read']) }, '<D:collection/><C:calendar/>'],
    [collectionResource('inbox'), '<D:collection/><C:schedule-inbox/>'],
    [collectionResource('outbox'), '<D:collection/><C:schedule-outbox/>'],
    [collectionResource('notification'), '<D:collection/><CS:notification/>'],
    [collectionResource('freebusy'), '<CS:free-busy-url/>'],
  ])('%#', (resource, inside) => {
    expect(value(dav('resourcetype'), resource)).toBe(`<D:resourcetype>${inside}</D:resourcetype>`);
  });
  test('of an object is empty', () => {
    expect(value(dav('resourcetype'), objectResource())).toBe('<D:resourcetype/>');
  });
});

describe('of an object', () => {
  test.each<[ClarkName, string]>([
    [dav('getetag'), '<D:getetag>&quot;abc&quot;</D:getetag>'],
    [dav('getcontenttype'), '<D:getcontenttype>text/calendar;charset=utf-8</D:getcontenttype>'],
    [dav('getcontentlength'), '<D:getcontentlength>321</D:getcontentlength>'],
    [dav('getlastmodified'), '<D:getlastmodified>Mon, 02 Mar 2026 09:00:02 GMT</D:getlastmodified>'],
    [dav('creationdate'), '<D:creationdate>2026-03-02T09:00:00Z</D:creationdate>'],
    [dav('owner'), '<D:owner><D:href>/dav/principals/users/alice/</D:href></D:owner>'],
  ])('%s', (name, expected) => {
    expect(value(name, objectResource())).toBe(expected);
  });

  test('schedule-tag is on scheduling objects only', () => {
    expect(value(caldav('schedule-tag'), objectResource())).toBeUndefined();
    expect(value(caldav('schedule-tag'), objectResource({ scheduleTag: 's' }))).toBe(
      '<C:schedule-tag>&quot;s&quot;</C:schedule-tag>',
    );
  });

  test('a notification is XML', () => {
    expect(value(dav('getcontenttype'), objectResource({ component: '' }))).toContain('application/xml');
  });
});

describe('of a calendar', () => {
  test('nothing that was not set is made up', () => {
    const calendar = collectionResource('calendar');
    for (const name of [
      dav('displayname'),
      caldav('calendar-description'),
      caldav('calendar-timezone'),
      caldav('calendar-timezone-id'),
      apple('calendar-color'),
      apple('calendar-order'),
    ]) {
      expect(value(name, calendar)).toBeUndefined();
    }
  });

  test('what was set comes back escaped', () => {
    const calendar = collectionResource('calendar', { displayname: 'Äpple & <Co>', order: 0, color: '#FD8208FF' });
    expect(value(dav('displayname'), calendar)).toBe('<D:displayname>Äpple &amp; &lt;Co&gt;</D:displayname>');
    expect(value(apple('calendar-order'), calendar)).toBe('<A:calendar-order>0</A:calendar-order>');
    expect(value(apple('calendar-color'), calendar)).toBe('<A:calendar-color>#FD8208FF</A:calendar-color>');
  });

  test('the colour keeps its attributes', () => {
    const calendar = collectionResource('calendar', {
      color: '#FD8208FF',
      colorAttributes: { 'symbolic-color': 'custom' },
    });
    expect(value(apple('calendar-color'), calendar)).toBe(
      '<A:calendar-color symbolic-color="custom">#FD8208FF</A:calendar-color>',
    );
  });

  test('getctag and sync-token are one state; the ETag also changes with the properties', () => {
    const calendar = collectionResource('calendar');
    const renamed = collectionResource('calendar', { propertiesVersion: 3 });
    const token = syncTokenOf(context().calendar, calendar.collection);
    expect(value(dav('sync-token'), calendar)).toBe(`<D:sync-token>${token}</D:sync-token>`);
    expect(value(cs('getctag'), calendar)).toBe(`<CS:getctag>${token}</CS:getctag>`);
    expect(value(dav('sync-token'), renamed)).toBe(value(dav('sync-token'), calendar));
    expect(value(dav('getetag'), renamed)).not.toBe(value(dav('getetag'), calendar));
  });

  test('its type is not that of an object, which clients would fetch', () => {
    expect(value(dav('getcontenttype'), collectionResource('calendar'))).not.toContain('text/calendar');
  });

  test('supported-calendar-component-set names what it takes, or everything', () => {
    const name = caldav('supported-calendar-component-set');
    expect(value(name, collectionResource('calendar', { components: ['VTODO'] }))).toBe(
      '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>',
    );
    expect(value(name, collectionResource('calendar'))).toContain('<C:comp name="VJOURNAL"/>');
  });

  test('schedule-calendar-transp is opaque unless set', () => {
    const name = caldav('schedule-calendar-transp');
    expect(value(name, collectionResource('calendar'))).toContain('<C:opaque/>');
    expect(value(name, collectionResource('calendar', { transparent: true }))).toContain('<C:transparent/>');
  });

  test('supported-report-set lists the reports for its kind', () => {
    const reports = new Map([
      [caldav('calendar-query'), { on: ['calendar'] as const }],
      [dav('principal-match'), { on: ['principal'] as const }],
    ]);
    const set = value(dav('supported-report-set'), collectionResource('calendar'), context({ reports }));
    expect(set).toBe(
      '<D:supported-report-set><D:supported-report><D:report><C:calendar-query/></D:report></D:supported-report></D:supported-report-set>',
    );
  });
});

describe('of a principal', () => {
  test('addresses begin with the preferred mailto:, then what identifies the person for ever', () => {
    expect(value(caldav('calendar-user-address-set'), principalResource())).toBe(
      '<C:calendar-user-address-set>' +
        '<D:href>mailto:Alice@example.com</D:href><D:href>mailto:al@example.org</D:href>' +
        '<D:href>/dav/principals/users/alice/</D:href>' +
        '<D:href>urn:uuid:10000000-0000-0000-0000-000000000001</D:href>' +
        '<D:href>urn:x-uid:10000000-0000-0000-0000-000000000001</D:href>' +
        '</C:calendar-user-address-set>',
    );
  });

  test('a guid that is no UUID is not said to be one', () => {
    expect(value(caldav('calendar-user-address-set'), principalResource({ guid: 'x' }))).not.toContain('urn:uuid');
  });

  test.each<[ClarkName, string]>([
    [dav('displayname'), '<D:displayname>Alice</D:displayname>'],
    [dav('principal-URL'), '<D:principal-URL><D:href>/dav/principals/users/alice/</D:href></D:principal-URL>'],
    [dav('group-member-set'), '<D:group-member-set/>'],
    [caldav('calendar-home-set'), '<C:calendar-home-set><D:href>/dav/calendars/alice/</D:href></C:calendar-home-set>'],
    [
      caldav('schedule-inbox-URL'),
      '<C:schedule-inbox-URL><D:href>/dav/calendars/alice/inbox/</D:href></C:schedule-inbox-URL>',
    ],
    [
      caldav('schedule-outbox-URL'),
      '<C:schedule-outbox-URL><D:href>/dav/calendars/alice/outbox/</D:href></C:schedule-outbox-URL>',
    ],
    [
      cs('notification-URL'),
      '<CS:notification-URL><D:href>/dav/calendars/alice/notification/</D:href></CS:notification-URL>',
    ],
    [caldav('calendar-user-type'), '<C:calendar-user-type>INDIVIDUAL</C:calendar-user-type>'],
    [
      cs('email-address-set'),
      '<CS:email-address-set><CS:email-address>Alice@example.com</CS:email-address><CS:email-address>al@example.org</CS:email-address></CS:email-address-set>',
    ],
  ])('%s', (name, expected) => {
    expect(value(name, principalResource())).toBe(expected);
  });

  test('a group has no home and no inbox', () => {
    const group = principalResource({ kind: 'group' });
    for (const name of ['calendar-home-set', 'schedule-inbox-URL', 'schedule-outbox-URL'] as const) {
      expect(value(caldav(name), group)).toBeUndefined();
    }
  });

  test.each([
    ['user', 'INDIVIDUAL'],
    ['group', 'GROUP'],
    ['room', 'ROOM'],
    ['resource', 'RESOURCE'],
  ] as const)('a %s is of the type %s', (kind, type) => {
    expect(value(caldav('calendar-user-type'), principalResource({ kind }))).toContain(`>${type}<`);
  });
});

describe('resource-id', () => {
  test('is the guid of a principal, and a UUID of version 8 of anything else', () => {
    expect(value(dav('resource-id'), principalResource())).toContain('urn:uuid:10000000-0000-0000-0000-000000000001<');
    expect(value(dav('resource-id'), objectResource())).toMatch(
      /urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}</,
    );
  });

  test('stays with a rename and differs between resources', () => {
    const id = value(dav('resource-id'), objectResource());
    expect(value(dav('resource-id'), objectResource({ name: 'two.ics' }))).toBe(id);
    expect(value(dav('resource-id'), objectResource({ id: 'o2' as never }))).not.toBe(id);
  });
});

describe('privileges', () => {
  const shown = (resource: Resource) => String(value(dav('current-user-privilege-set'), resource));

  test('an owner is shown DAV:all with all that it contains', () => {
    const calendar = shown(collectionResource('calendar'));
    for (const name of ['D:all', 'D:read', 'D:write', 'D:write-content', 'D:bind', 'D:unbind', 'C:read-free-busy']) {
      expect(calendar).toContain(`<D:privilege><${name}/></D:privilege>`);
    }
  });

  test('schedule-deliver is the inbox’s and schedule-send the outbox’s (RFC 6638 §6)', () => {
    expect(shown(collectionResource('calendar'))).not.toContain('schedule-');
    expect(shown(collectionResource('inbox'))).toContain('<C:schedule-deliver-invite/>');
    expect(shown(collectionResource('inbox'))).not.toContain('schedule-send');
    expect(shown(collectionResource('outbox'))).toContain('<C:schedule-send-freebusy/>');
    expect(shown(collectionResource('outbox'))).not.toContain('schedule-deliver');
  });

  test('a reader is shown no more than reading', () => {
    const calendar = { ...collectionResource('calendar'), privileges: withContained(['read']) };
    expect(shown(calendar)).toBe(
      '<D:current-user-privilege-set><D:privilege><D:read/></D:privilege><D:privilege><C:read-free-busy/></D:privilege></D:current-user-privilege-set>',
    );
  });

  test('supported-privilege-set is a tree from DAV:all', () => {
    const tree = String(value(dav('supported-privilege-set'), collectionResource('calendar')));
    expect(tree).toMatch(/^<D:supported-privilege-set><D:supported-privilege><D:privilege><D:all\/><\/D:privilege>/);
    expect(tree).toContain('<D:privilege><C:read-free-busy/></D:privilege>');
    expect(tree.match(/<D:supported-privilege>/g)).toHaveLength(12);
  });
});

describe('current-user-principal', () => {
  test('in one’s own home needs no look-up', () => {
    expect(value(dav('current-user-principal'), objectResource())).toBe(
      '<D:current-user-principal><D:href>/dav/principals/users/alice/</D:href></D:current-user-principal>',
    );
  });
  test('is unauthenticated before log-in (RFC 5397 §3)', () => {
    expect(value(dav('current-user-principal'), folder('root'), context({ actor: undefined }))).toBe(
      '<D:current-user-principal><D:unauthenticated/></D:current-user-principal>',
    );
  });
});

test('limits are those of the installation', () => {
  expect(value(caldav('max-resource-size'), collectionResource('calendar'))).toContain('>10485760<');
  expect(value(caldav('max-attendees-per-instance'), principalResource())).toContain('>2000<');
});

test('a property is only on the kinds that it is for', () => {
  expect(value(caldav('calendar-home-set'), collectionResource('calendar'))).toBeUndefined();
  expect(value(caldav('supported-calendar-component-set'), collectionResource('inbox'))).toBeUndefined();
  expect(value(dav('sync-token'), folder('homes'))).toBeUndefined();
});
