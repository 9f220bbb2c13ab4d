import { describe, expect, test } from 'vitest';

import { BadRequest } from '../../src/base/refusal.ts';
import { parsePropfind, parsePropRequest, propNode } from '../../src/dav/prop-request.ts';
import { caldav, dav } from '../../src/dav/xml/names.ts';
import { node } from './sample.ts';

describe('parsePropfind', () => {
  test('no body asks for allprop (RFC 4918 §9.1)', () => {
    expect(parsePropfind(undefined)).toEqual({ kind: 'allprop', include: [] });
  });

  test('DAV:prop names properties of any namespace, each once, in order', () => {
    const body = node('<D:propfind><D:prop><D:getetag/><X:mood/><C:schedule-tag/><D:getetag/></D:prop></D:propfind>');
    expect(parsePropfind(body)).toEqual({
      kind: 'prop',
      names: [dav('getetag'), '{urn:x}mood', caldav('schedule-tag')],
    });
  });

  test('allprop with include', () => {
    const body = node('<D:propfind><D:allprop/><D:include><D:acl-restrictions/></D:include></D:propfind>');
    expect(parsePropfind(body)).toEqual({ kind: 'allprop', include: [dav('acl-restrictions')] });
  });

  test('propname', () => {
    expect(parsePropfind(node('<D:propfind><D:propname/></D:propfind>'))).toEqual({ kind: 'propname' });
  });

  test('an element beside the form is passed over (RFC 4918 §17)', () => {
    expect(parsePropfind(node('<D:propfind><X:new/><D:prop/></D:propfind>'))).toEqual({ kind: 'prop', names: [] });
  });

  test.each([
    ['<D:propfind><D:prop><D:getetag/></D:prop><D:allprop/></D:propfind>', 'one of'],
    ['<D:propfind><D:prop/><D:prop/></D:propfind>', 'one of'],
    ['<D:propfind/>', 'must hold'],
    ['<D:propfind><X:prop/></D:propfind>', 'must hold'],
    ['<D:multistatus/>', 'must be a DAV:propfind'],
  ])('refuses %s', (xml, reason) => {
    expect(() => parsePropfind(node(xml))).toThrow(BadRequest);
    expect(() => parsePropfind(node(xml))).toThrow(reason);
  });
});

test('a report without prop, allprop and propname asks for nothing', () => {
  expect(parsePropRequest(node('<D:sync-collection><D:sync-token/></D:sync-collection>'))).toBeUndefined();
});

test('propNode finds the element with what is inside it', () => {
  const body = node(
    '<C:calendar-query><D:prop><C:calendar-data><C:comp name="VEVENT"/></C:calendar-data></D:prop></C:calendar-query>',
  );
  expect(propNode(body, caldav('calendar-data'))?.children).toHaveLength(1);
  expect(propNode(body, dav('getetag'))).toBeUndefined();
});
