import type { RefusalCode } from '../base/refusal.ts';
import { caldav, carddav, dav, kalends, me } from './xml/names.ts';
import type { ClarkName } from './xml/names.ts';

/**
 * How each refusal is said over WebDAV: its element, and the one status it is sent with.
 * 403 when repeating the request cannot help, 409 when the user can resolve it (RFC 4791 §1.3), 507 when there is no
 * room (RFC 4331 §6). 412 answers If-* headers only, never a bad body.
 */
export const PRECONDITIONS = {
  'resource-must-be-null': [dav('resource-must-be-null'), 403],
  'calendar-collection-location-ok': [caldav('calendar-collection-location-ok'), 403],
  'initialize-calendar-collection': [caldav('initialize-calendar-collection'), 403],
  'supported-calendar-data': [caldav('supported-calendar-data'), 403],
  'valid-calendar-data': [caldav('valid-calendar-data'), 403],
  'valid-calendar-object-resource': [caldav('valid-calendar-object-resource'), 403],
  'supported-calendar-component': [caldav('supported-calendar-component'), 403],
  'no-uid-conflict': [caldav('no-uid-conflict'), 409],
  'max-resource-size': [caldav('max-resource-size'), 403],
  'min-date-time': [caldav('min-date-time'), 403],
  'max-date-time': [caldav('max-date-time'), 403],
  'max-instances': [caldav('max-instances'), 403],
  'max-attendees-per-instance': [caldav('max-attendees-per-instance'), 403],
  'valid-filter': [caldav('valid-filter'), 403],
  'supported-filter': [caldav('supported-filter'), 403],
  'supported-collation': [caldav('supported-collation'), 403],
  'number-of-matches-within-limits': [dav('number-of-matches-within-limits'), 403],
  'supported-address-data': [carddav('supported-address-data'), 403],
  'supported-address-data-conversion': [carddav('supported-address-data-conversion'), 403],
  'supported-card-collation': [carddav('supported-collation'), 403],
  'supported-rscale': [caldav('supported-rscale'), 403],
  'valid-timezone': [caldav('valid-timezone'), 403],
  'valid-sync-token': [dav('valid-sync-token'), 403],
  'sync-traversal-supported': [dav('sync-traversal-supported'), 403],
  'need-privileges': [dav('need-privileges'), 403],
  'no-ace-conflict': [dav('no-ace-conflict'), 403],
  'no-protected-ace-conflict': [dav('no-protected-ace-conflict'), 403],
  'no-inherited-ace-conflict': [dav('no-inherited-ace-conflict'), 403],
  'limited-number-of-aces': [dav('limited-number-of-aces'), 403],
  'no-invert': [dav('no-invert'), 403],
  'not-supported-privilege': [dav('not-supported-privilege'), 403],
  'recognized-principal': [dav('recognized-principal'), 403],
  'allowed-principal': [dav('allowed-principal'), 403],
  'propfind-finite-depth': [dav('propfind-finite-depth'), 403],
  'cannot-modify-protected-property': [dav('cannot-modify-protected-property'), 403],
  'no-external-entities': [dav('no-external-entities'), 403],
  'lock-token-submitted': [dav('lock-token-submitted'), 423],
  'no-conflicting-lock': [dav('no-conflicting-lock'), 423],
  'lock-token-matches-request-uri': [dav('lock-token-matches-request-uri'), 409],
  'valid-resourcetype': [dav('valid-resourcetype'), 403],
  'supported-report': [dav('supported-report'), 403],
  'max-resources': [me('max-resources'), 403],
  'max-bytes': [me('max-bytes'), 403],
  'device-held': [kalends('device-held'), 403],
  'quota-not-exceeded': [dav('quota-not-exceeded'), 507],
} as const satisfies Record<RefusalCode, readonly [ClarkName, 403 | 409 | 412 | 423 | 507]>;
