import { userAddresses } from '../principal-addresses.ts';
import { property } from '../property.ts';
import { caldav } from '../xml/names.ts';
import { el, href } from '../xml/write.ts';

/** CALDAV:calendar-user-address-set, RFC 6638 §2.4.1. */
export const calendarUserAddressSet = property({
  name: caldav('calendar-user-address-set'),
  on: ['principal'],
  get: ({ principal }) => el(caldav('calendar-user-address-set'), ...userAddresses(principal).map(href)),
});
