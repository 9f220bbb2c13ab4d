import { hash } from 'node:crypto';

import { busyWithin } from '../../calendar/link-content.ts';
import { shownRange } from '../../calendar/link-window.ts';
import { writeFreeBusy } from '../../ical/freebusy.ts';
import { askedRange } from '../asked-range.ts';
import type { LinkRequest, WebAnswer } from '../answer.ts';

/** Days that a free-busy URL tells of where nothing is asked for: what Outlook reads by itself, and a little more. */
export const FREE_BUSY_DAYS = 62;

/**
 * Free-busy as published (RFC 5546 §3.3.1): one VFREEBUSY of the range that is asked for, as far as the link shows it. It
 * needs an ORGANIZER; that is a name without an address, unless the link shows people.
 */
export async function freeBusyForm({ context, open, now, zone, window, query }: LinkRequest): Promise<WebAnswer> {
  const asked = askedRange({ query, now, zone, back: 0, days: FREE_BUSY_DAYS });
  const range = shownRange(window, asked);
  const periods = await busyWithin(context, open, range);
  const [email] = open.link.people ? open.owner.emails : [];
  const organizer = email === undefined ? anonymous(open.link.id) : `mailto:${email}`;
  const text = { uid: `freebusy-${open.link.id}`, method: 'PUBLISH', lines: [`ORGANIZER:${organizer}`] };
  return {
    contentType: 'text/calendar; charset=utf-8; method=PUBLISH; component=VFREEBUSY',
    body: writeFreeBusy(periods, range, now, text),
    state: writeFreeBusy(periods, range, 0, text),
    filename: 'freebusy.ifb',
  };
}

/** A URI of the form of a UUID that says nothing but which link it is of. */
function anonymous(id: string): string {
  const digits = hash('sha256', `organizer ${id}`, 'hex');
  return `urn:uuid:${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}
