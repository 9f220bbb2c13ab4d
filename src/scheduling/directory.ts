import type { IsMe } from '../itip/address.ts';

/** A calendar user of this server. */
export interface CalendarUser {
  /** The principal's id. */
  readonly id: string;
  /** Whether an address is one of the user's. */
  readonly me: IsMe;
  /** Whether it has a calendar home, to which messages can be delivered; a group has none. */
  readonly hasHome: boolean;
}

/** Who stands behind the addresses of an object, looked up beforehand. */
export interface Directory {
  /** undefined: nobody here. */
  find(address: string): CalendarUser | undefined;
}
