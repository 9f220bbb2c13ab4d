import type Koa from 'koa';
import type { Actor } from '../auth/actor.ts';
import type { TakeRoom } from './body-room.ts';

/** What every request has in `ctx.state`. */
export interface OpenState {
  /** Names the request in the log and in an answer of 500. */
  readonly requestId: string;
  /** The client's address, of the proxy's word where one is trusted. For limits only: it is never logged. */
  readonly address: string;
  /** For the body, as it is read. */
  readonly takeRoom: TakeRoom;
  /** How this server is called, for the comparison with Destination and the like; links are made of publicUrl alone. */
  readonly own: { readonly publicUrl: string | undefined; readonly host: string | undefined };
  /** Headers that every answer has, unless a door says otherwise. */
  readonly headers: Readonly<Record<string, string>>;
  /** Who asked, where another process of the server answered; for the log alone. */
  actorElsewhere?: string;
}

/** After log-in. */
export interface State extends OpenState {
  actor: Actor;
  /** Set by a request that brought the device up to date: the device's last sync (U6). */
  synced?: boolean;
}

export type OpenMiddleware = Koa.Middleware<OpenState>;
export type Middleware = Koa.Middleware<State>;
