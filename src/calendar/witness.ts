import type { ItipMessage } from '../itip/message.ts';

/** A message as it was brought to somebody; the transaction is not over yet. */
export interface Witnessed {
  /** A calendar user address. */
  readonly to: string;
  readonly message: ItipMessage;
  /** In whose name: the id of a home. */
  readonly senderId: string;
  readonly quiet: boolean;
  readonly noted: boolean;
  /** Step['why'] of itip/organizer-messages.ts; undefined: it is none of an organizer's change. */
  readonly why: string | undefined;
  /** SCHEDULE-STATUS of the delivery, RFC 6638 §3.2.9. */
  readonly status: string;
  /** The principal, where it is somebody of this server. */
  readonly userId: string | undefined;
  /** Whether it is a room, or who else answers without a person. */
  readonly answersItself: boolean;
}

/** Who watches what a use-case tells people, as rehearse.ts does. */
export type Witness = (seen: Witnessed) => void;
