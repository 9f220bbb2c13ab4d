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
  const device = `${principalId}\0${credential}\0${userAgent}`;
  let id = ids.get(device);
  if (id !== undefined) return id;
  id = hash('sha256', device, 'hex').slice(0, 32);
  if (ids.size >= MOST_IDS) ids.clear();
  ids.set(device, id);
  return id;
}

/** Each request asks for the id of its device. */
const ids = new Map<string, string>();
const MOST_IDS = 10_000;
