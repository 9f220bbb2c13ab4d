import { describe, expect, test } from 'vitest';

import { BadRequest, Refusal } from '../../../src/base/refusal.ts';
import { PROPERTIES } from '../../../src/dav/properties/index.ts';
import { apple, caldav, cs, dav, type ClarkName } from '../../../src/dav/xml/names.ts';
import { node } from '../sample.ts';

function change(name: ClarkName, xml?: string) {
  return PROPERTIES.get(name)!.change!(xml === undefined ? undefined : node(xml), { collectionAt: () => undefined });
}

describe('what a client sets', () => {
  test.each<[ClarkName, string, object]>([
    [dav('displayname'), '<D:displayname>Äpple &amp; Co</D:displayname>', { displayname: 'Äpple & Co' }],
    [dav('displayname'), '<D:displayname/>', { displayname: '' }],
    [
      caldav('calendar-description'),
      '<C:calendar-description xml:lang="en">First</C:calendar-description>',
      { description: 'First' },
    ],
    [apple('calendar-order'), '<A:calendar-order> 7 </A:calendar-order>', { order: 7 }],
    [apple('calendar-order'), '<A:calendar-order>-1</A:calendar-order>', { order: -1 }],
    [apple('calendar-order'), '<A:calendar-order/>', { order: null }],
    [apple('refreshrate'), '<A:refreshrate> P1D </A:refreshrate>', { refreshRate: 'P1D' }],
    [apple('refreshrate'), '<A:refreshrate/>', { refreshRate: null }],
    [
      cs('source'),
      '<CS:source><D:href> webcal://x.example/a?b&amp;c </D:href></CS:source>',
      { source: 'webcal://x.example/a?b&c' },
    ],
    [cs('subscribed-strip-todos'), '<CS:subscribed-strip-todos/>', { stripTodos: true }],
    [
      apple('calendar-color'),
      '<A:calendar-color>\n#FF9500FF\n</A:calendar-color>',
      { color: '#FF9500FF', colorAttributes: null },
    ],
    [apple('calendar-color'), '<A:calendar-color/>', { color: null, colorAttributes: null }],
    [
      apple('calendar-color'),
      '<A:calendar-color symbolic-color="orange" X:note="1">#FF9500FF</A:calendar-color>',
      { color: '#FF9500FF', colorAttributes: { 'symbolic-color': 'orange' } },
    ],
    [
      caldav('schedule-calendar-transp'),
      '<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>',
      { transparent: true },
    ],
    [
      caldav('schedule-calendar-transp'),
      '<C:schedule-calendar-transp><C:opaque/></C:schedule-calendar-transp>',
      { transparent: false },
    ],
    [
      caldav('supported-calendar-component-set'),
      '<C:supported-calendar-component-set><C:comp name="vevent"/><C:comp name="VTODO"/><C:comp name="VEVENT"/></C:supported-calendar-component-set>',
      { components: ['VEVENT', 'VTODO'] },
    ],
  ])('%s %s', (name, xml, patch) => {
    expect(change(name, xml)).toEqual(patch);
  });
});

describe('what a client removes', () => {
  test.each<[ClarkName, object]>([
    [dav('displayname'), { displayname: null }],
    [caldav('calendar-description'), { description: null }],
    [apple('calendar-order'), { order: null }],
    [apple('calendar-color'), { color: null, colorAttributes: null }],
    [caldav('schedule-calendar-transp'), { transparent: false }],
    [caldav('supported-calendar-component-set'), { components: null }],
    [caldav('calendar-timezone'), { timezone: null, timezoneId: null }],
    [caldav('calendar-timezone-id'), { timezone: null, timezoneId: null }],
  ])('%s', (name, patch) => {
    expect(change(name)).toEqual(patch);
  });
});

describe('what is refused', () => {
  test.each<[ClarkName, string, typeof BadRequest | typeof Refusal, string]>([
    [apple('calendar-order'), '<A:calendar-order>first</A:calendar-order>', BadRequest, 'integer'],
    [caldav('schedule-calendar-transp'), '<C:schedule-calendar-transp/>', BadRequest, 'opaque or transparent'],
    [
      caldav('supported-calendar-component-set'),
      '<C:supported-calendar-component-set/>',
      BadRequest,
      'must name a component',
    ],
    [
      caldav('supported-calendar-component-set'),
      '<C:supported-calendar-component-set><C:comp name="VTIMEZONE"/></C:supported-calendar-component-set>',
      Refusal,
      'VTIMEZONE is none of',
    ],
    [caldav('calendar-timezone'), '<C:calendar-timezone>Europe/Berlin</C:calendar-timezone>', Refusal, 'line 1'],
  ])('%s %s', (name, xml, kind, reason) => {
    expect(() => change(name, xml)).toThrow(kind);
    expect(() => change(name, xml)).toThrow(reason);
  });
});

test('the component set can only be chosen when the calendar is made (RFC 4791 §5.2.3)', () => {
  const createOnly = [...PROPERTIES.values()].filter((property) => property.createOnly).map(({ name }) => name);
  expect(createOnly).toEqual([caldav('supported-calendar-component-set')]);
});

test('everything else that a client may not set is protected', () => {
  const settable = [...PROPERTIES.values()].filter(({ change: set }) => set !== undefined).map(({ name }) => name);
  expect(settable.toSorted()).toEqual(
    [
      dav('displayname'),
      apple('calendar-color'),
      apple('calendar-order'),
      apple('refreshrate'),
      cs('source'),
      cs('subscribed-strip-alarms'),
      cs('subscribed-strip-attachments'),
      cs('subscribed-strip-todos'),
      caldav('calendar-availability'),
      cs('calendar-availability'),
      caldav('calendar-description'),
      caldav('calendar-timezone'),
      caldav('calendar-timezone-id'),
      caldav('default-alarm-vevent-date'),
      caldav('default-alarm-vevent-datetime'),
      caldav('default-alarm-vtodo-date'),
      caldav('default-alarm-vtodo-datetime'),
      caldav('schedule-calendar-transp'),
      caldav('schedule-default-calendar-URL'),
      caldav('supported-calendar-component-set'),
    ].toSorted(),
  );
});
