import { deviceIdOf } from '../auth/actor.ts';
import { BASIC_CHALLENGE, parseBasic } from '../auth/basic.ts';
import type { VerifiedCredentials } from '../auth/verified-credentials.ts';
import type { Clock } from '../base/clock.ts';
import type { PrincipalId } from '../base/ids.ts';
import type { Middleware } from './state.ts';

/** One request of a device: a credential and a user agent (U6). */
export interface Sighting {
  readonly deviceId: string;
  readonly principalId: PrincipalId;
  /** 'password', later also the id of an app password. */
  readonly credential: string;
  readonly userAgent: string;
  /** UTC milliseconds. */
  readonly at: number;
  /** Whether the request brought the device up to date. */
  readonly synced: boolean;
  /** Method and status where the request failed; undefined where it did not. */
  readonly error: string | undefined;
}

/** Where sightings go. It must not wait: the composition gathers them and writes some at a time. */
export interface Devices {
  seen(sighting: Sighting): void;
}

export interface AuthenticateOptions {
  readonly credentials: Pick<VerifiedCredentials, 'verify'>;
  readonly devices: Devices;
  readonly clock: Clock;
}

const MOST_OF_USER_AGENT = 200;

/**
 * Basic log-in (RFC 7617). Each request is decided anew by its own Authorization header: nothing is kept with the
 * connection, on which a proxy sends the requests of many. The challenge is the same on every path.
 */
export function authenticate({ credentials, devices, clock }: AuthenticateOptions): Middleware {
  return async (ctx, next) => {
    const given = parseBasic(ctx.req.headers.authorization);
    const verified = given && (await credentials.verify(given, ctx.state.address));
    if (verified === undefined) {
      ctx.status = 401;
      ctx.set({ 'WWW-Authenticate': BASIC_CHALLENGE, 'Content-Type': 'text/plain; charset=utf-8' });
      ctx.body = 'Log in with your name or address and your password.\n';
      return;
    }
    const { principalId, admin, adminReadOnly, credential } = verified;
    const userAgent = (ctx.req.headers['user-agent'] ?? '').slice(0, MOST_OF_USER_AGENT);
    const deviceId = deviceIdOf(principalId, credential, userAgent);
    ctx.state.actor = { id: principalId, admin, adminReadOnly, deviceId };
    let status = 500;
    try {
      await next();
      status = ctx.status;
    } finally {
      const error = isDeviceError(status) ? `${ctx.method} ${status}` : undefined;
      const synced = ctx.state.synced === true && status < 400;
      devices.seen({ deviceId, principalId, credential, userAgent, at: clock(), synced, error });
    }
  };
}

/** 404 and 412 are how a client finds out; they are not trouble. */
function isDeviceError(status: number): boolean {
  return status >= 400 && status !== 404 && status !== 412;
}
