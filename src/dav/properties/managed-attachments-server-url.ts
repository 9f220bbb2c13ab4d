import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = caldav('managed-attachments-server-URL');

/** CALDAV:managed-attachments-server-URL, RFC 8607 §6.1: empty where attachments are on the server that was asked. */
export const managedAttachmentsServerUrl = property({
  name: NAME,
  on: ['home'],
  get: (_, { publicUrl }) => el(NAME, publicUrl === undefined ? undefined : href(new URL('/', publicUrl).href)),
});
