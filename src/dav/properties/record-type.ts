import type { PrincipalKind } from '../../calendar/model.ts';
import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = cs('record-type');

/** CS:record-type, calendarserver: what kind of principal it is, by the folders of its directory. */
export const recordType = property({
  name: NAME,
  on: ['principal', 'proxy'],
  get: (resource) =>
    el(
      NAME,
      text(resource.kind === 'proxy' ? `${resource.access}-delegate-group` : RECORD_TYPES[resource.principal.kind]),
    ),
});

const RECORD_TYPES: Readonly<Record<PrincipalKind, string>> = {
  user: 'users',
  group: 'groups',
  room: 'locations',
  resource: 'resources',
};
