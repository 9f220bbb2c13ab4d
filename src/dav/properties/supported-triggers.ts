import { property } from '../property.ts';
import { PUSH_KINDS, pushes } from '../push.ts';
import { dav, push } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = push('supported-triggers');

/**
 * supported-triggers, WebDAV-Push "Push Properties". The sync token of a home changes with all that is in it, and so
 * does what is pushed.
 */
export const supportedTriggers = property({
  name: NAME,
  on: PUSH_KINDS,
  get: ({ kind }, { calendar }) => {
    if (!pushes(calendar)) return undefined;
    const upTo = (depth: string) => el(dav('depth'), text(depth));
    return el(
      NAME,
      el(push('content-update'), upTo(kind === 'home' ? 'infinity' : '1')),
      el(push('property-update'), upTo('0')),
    );
  },
});
