import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = caldav('max-attachment-size');

/** CALDAV:max-attachment-size, RFC 8607 §6.2, in octets. */
export const maxAttachmentSize = property({
  name: NAME,
  on: ['home', 'calendar'],
  get: (_, { calendar }) => el(NAME, text(String(calendar.limits.attachmentSize))),
});
