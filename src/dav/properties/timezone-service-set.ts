import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

const NAME = caldav('timezone-service-set');
/** The context path of the service that this server has itself (RFC 7808). */
const SERVICE = '/timezones';

/** CALDAV:timezone-service-set, RFC 7809 §5.1: where the zones are to be had that data leaves out. */
export const timezoneServiceSet = property({
  name: NAME,
  on: ['home', 'calendar'],
  get: (_, { publicUrl }) => el(NAME, href(publicUrl === undefined ? SERVICE : new URL(SERVICE, publicUrl).href)),
});
