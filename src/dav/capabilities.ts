/**
 * Compliance classes of the DAV header (RFC 4918 §18, RFC 4791 §5.1, RFC 5689 §3.1, RFC 7953, RFC 7809 §3.1.1, RFC 8607 §3.2,
 * caldav-proxy §5.1, caldav-sharing §5.1, draft-daboo-caldav-extensions §3, caldav-recursplit §3). Only what works is named:
 * `calendar-auto-schedule` (RFC 6638 §2) makes clients leave invitations to us, and older ones look
 * for `calendar-schedule`. Sharees invite in the owner's name: calendarserver-sharing-no-scheduling would deny it.
 */
export const DAV_CLASSES =
  '1, 2, 3, access-control, extended-mkcol, calendar-access, calendar-schedule, calendar-auto-schedule, calendar-no-timezone, calendar-proxy, calendar-query-extended, calendarserver-principal-search, ' +
  'calendarserver-home-sync, calendar-availability, inbox-availability, calendar-managed-attachments, calendarserver-recurrence-split, calendarserver-private-comments, ' +
  'calendarserver-sharing';

/** RFC 6352 §6.1: on what has properties or reports of address books. */
export const ADDRESS_BOOK_CLASS = 'addressbook';
