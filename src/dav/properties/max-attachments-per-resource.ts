import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = caldav('max-attachments-per-resource');

/** CALDAV:max-attachments-per-resource, RFC 8607 §6.3: in each component of one. */
export const maxAttachmentsPerResource = property({
  name: NAME,
  on: ['home', 'calendar'],
  get: (_, { calendar }) => el(NAME, text(String(calendar.limits.attachmentsPerResource))),
});
