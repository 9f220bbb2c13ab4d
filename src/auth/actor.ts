import { hash } from 'node:crypto';

import type { PrincipalId } from '../base/ids.ts';

/** Who acts: the authenticated principal and the device it uses. Made by http/authenticate.ts, asked by calendar/access.ts. */
export interface Actor {
  readonly id: PrincipalId;
  /** DAV:all on every home (RFC 3744 §3.12). */
  readonly admin: boolean;
  /** DAV:read on every home. */
  readonly adminReadOnly: boolean;
  /** The device that the request came from (U6): undefined for the command line and jobs. */
  readonly deviceId: string | undefined;
}

/** Name of a device (U6): the same for the same principal, credential and program, on every start. */
export function deviceIdOf(principalId: string, credential: string, userAgent: string): string {
  return hash('sha256', `${principalId}\0${credential}\0${userAgent}`, 'hex').slice(0, 32);
}
