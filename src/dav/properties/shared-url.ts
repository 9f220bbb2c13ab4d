import { collectionHref } from '../hrefs.ts';
import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = cs('shared-url');

/** CS:shared-url, caldav-sharing §5.2.4: of a calendar in the home of a sharee, the one of the sharer. */
export const sharedUrl = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection: { mount, homeId, uri } }) =>
    mount === undefined ? undefined : el(NAME, href(collectionHref({ homeId, uri }))),
});
