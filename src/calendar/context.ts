import type { Clock } from '../base/clock.ts';
import type { Hub } from '../base/hub.ts';
import type { Limits } from '../base/limits.ts';
import type { Language, MailPolicy } from '../mail/outgoing.ts';
import type { Store } from '../store/store.ts';
import type { Guard } from './guard-rule.ts';
import type { Witness } from './witness.ts';

/** What an installation decides about calendars. */
export interface CalendarSettings {
  /** IANA name of the zone of people who have none of their own. */
  readonly timezone: string;
  /** Whether every logged-in person may read everyone's free-busy (RFC 4791 §6.1.1). */
  readonly freeBusyForAll: boolean;
  /** Whether an invitation is TRANSP:TRANSPARENT in the calendar of who is invited until it is answered. */
  readonly freeUntilAnswered?: boolean;
  /** Whether people have plain collections for files beside their calendars. */
  readonly files: boolean;
  /** Whether all who are logged in see everybody's name and addresses as an address book, or nobody does. */
  readonly directory: 'all' | 'off';
  /** How far before and after now instances are indexed, in days. Outside, they are expanded on the fly. */
  readonly indexPastDays: number;
  readonly indexFutureDays: number;
  /** How long past versions are kept, in days; undefined: nothing is known of it. */
  readonly historyDays?: number;
  /** undefined: nothing is pushed. */
  readonly push?: PushSettings | undefined;
  /** undefined: no mail is sent, and whom only mail would reach is told nothing (SCHEDULE-STATUS 5.x). */
  readonly mail?: MailSettings | undefined;
}

/** How people elsewhere are told. */
export interface MailSettings {
  readonly policy: MailPolicy;
  /** The address whose local part takes +TOKEN; undefined: answers go to the sender's own. */
  readonly reply: string | undefined;
  readonly language: Language;
  /** Milliseconds that a message can be undone. */
  readonly hold: number;
  /** The origin under which people reach this server; undefined: mails have no links. */
  readonly publicUrl: string | undefined;
}

/** How changes are pushed to devices (WebDAV-Push). */
export interface PushSettings {
  /** A mailto: or https: URI, for push services (RFC 8292 §2.1). */
  readonly contact: string;
}

/** What every use-case of this room is given. Doors pass it on and never look inside. */
export interface CalendarContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly hub: Hub;
  readonly limits: Limits;
  readonly settings: CalendarSettings;
  /** undefined: no device is ever held. */
  readonly guard?: Guard | undefined;
  /** undefined: nobody watches. */
  readonly witness?: Witness | undefined;
}
