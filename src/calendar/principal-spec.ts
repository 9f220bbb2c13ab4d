import type { RoomPolicy } from '../scheduling/room-policy.ts';
import type { AutoSchedule, PrincipalKind } from '../store/principal-schema.ts';

/** A calendar that a principal shall have. */
export interface CalendarSpec {
  /** Path segment below the home. */
  readonly uri: string;
  readonly name: string;
  /** Component names; undefined: every component. */
  readonly components?: readonly string[] | undefined;
}

/**
 * What a principal shall be. A field left out keeps what stands in the database; a list that is given replaces the
 * one that stands there. Calendars are only ever added or renamed.
 */
export interface PrincipalSpec {
  readonly kind: PrincipalKind;
  readonly id: string;
  readonly name: string;
  readonly guid?: string | undefined;
  /** E-mail addresses as written; the first is the preferred one. */
  readonly emails?: readonly string[] | undefined;
  readonly password?: string | undefined;
  /** argon2id in PHC form. */
  readonly passwordHash?: string | undefined;
  readonly admin?: boolean | undefined;
  readonly adminReadOnly?: boolean | undefined;
  /** IANA name. */
  readonly timezone?: string | undefined;
  readonly calendars?: readonly CalendarSpec[] | undefined;
  /** Ids of the members of a group. */
  readonly members?: readonly string[] | undefined;
  readonly autoSchedule?: AutoSchedule | undefined;
  /** Id of the group whose invitations are accepted without question. */
  readonly autoAcceptGroup?: string | undefined;
  readonly delegates?: Readonly<Record<'read' | 'write', readonly string[] | undefined>> | undefined;
  readonly capacity?: number | undefined;
  readonly features?: readonly string[] | undefined;
  /** What may be booked of a room or resource; it replaces all that was said before. */
  readonly policy?: RoomPolicy | undefined;
  /** Where this stands in its source, such as `users[3]`: the beginning of every error about it. */
  readonly path: string;
}

/** Something wrong in a specification: a JSON path and what is wrong there. */
export interface SpecProblem {
  readonly path: string;
  readonly reason: string;
}
