import type { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';

import type { Actor } from '../auth/actor.ts';
import type { LockHolder } from '../calendar/locks.ts';
import type { Collection } from '../calendar/model.ts';
import type { Preferences } from './prefer.ts';
import type { DavContext } from './property.ts';
import type { Kind } from './resource.ts';
import type { Target } from './resolve.ts';

/** One request of WebDAV, as its method sees it: the URL is resolved, the actor known, the body still to be read. */
export interface DavRequest {
  readonly context: DavContext & { readonly actor: Actor };
  readonly target: Target;
  /** The path of the URL as it was sent. */
  readonly path: string;
  /**
   * How the server is called: the public URL's origin or, where none is configured, what the request says, which is good
   * for nobody but who made it.
   */
  origin(): string;
  readonly headers: IncomingHttpHeaders;
  readonly preferences: Preferences;
  /** The collections that the If header was compared with: a write must still find them so. */
  readonly unchanged: readonly Collection[];
  /** Who asks, with the lock tokens that the If header submits. */
  readonly locks: LockHolder;
  /** What stands behind the path. */
  readonly query: URLSearchParams;
  /** The body as it comes, within the limit given (octets): read only as fast as it is taken; throws 413 beyond it. */
  stream(limit: number): AsyncIterable<Uint8Array>;
  /** Reads the body within the limit given (octets); throws 413 beyond it. */
  body(limit: number): Promise<Uint8Array>;
}

export interface DavAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces of text are asked for as the client takes them. */
  readonly body?: string | Uint8Array | Readable | AsyncIterable<string>;
  /** Whether the answer brought the client up to date: the device's last sync (U6). */
  readonly synced?: boolean;
}

export interface Method {
  readonly name: string;
  /** The kinds of existing resource that it works on: these make the Allow header. */
  readonly on: readonly Kind[];
  /** What it answers on the other kinds: 405, or 403 where RFC 4918 defines the method for every resource. */
  readonly elsewhere?: 403;
  /** Whether it has no use for a body, so that one is refused (RFC 4918 §8.4). */
  readonly bodiless?: true;
  /** Whether it may create what is not there yet. */
  readonly creates?: boolean;
  run(request: DavRequest): Promise<DavAnswer>;
}
