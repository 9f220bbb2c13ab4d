import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NAME = cs('allowed-sharing-modes');
const BOTH = el(NAME, el(cs('can-be-shared')), el(cs('can-be-published')));

/** CS:allowed-sharing-modes, caldav-sharing §5.2.3: for who may say who else has access. */
export const allowedSharingModes = property({
  name: NAME,
  on: ['calendar'],
  get: ({ privileges }) => (privileges.has('write-acl') ? BOTH : undefined),
});
