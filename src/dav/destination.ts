import type { IncomingHttpHeaders } from 'node:http';
import { BadRequest } from '../base/refusal.ts';
import { segmentsOf } from './path.ts';

/** How this server is called, to tell its own absolute URIs from those of others. */
export interface OwnNames {
  /** The configured public URL. */
  readonly publicUrl: string | undefined;
  /** The request's Host header: good for comparing, never for making links. */
  readonly host: string | undefined;
}

/**
 * The absolute path that a URI reference names on this server, percent-encoded as it came, without query and fragment;
 * undefined where it names another server. It goes through the same router as a request's own path, which decodes it:
 * a path decoded here would be decoded twice. Takes an absolute path or an http(s) URI whose authority is
 * the public URL's or the request's Host; the scheme is not compared, for a proxy in front may end TLS.
 *
 * Throws BadRequest for a relative path, a broken percent-encoding and what else no path of ours can hold.
 */
export function localPath(reference: string, own: OwnNames): string | undefined {
  const absolute = /^https?:\/\/([^/?#]*)([^?#]*)/i.exec(reference);
  if (absolute === null) {
    // `//host/path` is a reference to another authority (RFC 3986 §4.2), not a path.
    if (!reference.startsWith('/') || reference.startsWith('//')) {
      throw new BadRequest('A reference must be an absolute path or an http URI');
    }
    return checkedPath(reference.replace(/[?#].*$/s, ''));
  }
  const [, authority = '', path = ''] = absolute;
  return isOwn(authority, own) ? checkedPath(path === '' ? '/' : path) : undefined;
}

/** The decoded segments of such a path; undefined for what names nothing here, be it another server or a mailto: URI. */
export function localSegments(reference: string, own: OwnNames): readonly string[] | undefined {
  try {
    const path = localPath(reference, own);
    return path === undefined ? undefined : segmentsOf(path);
  } catch (error) {
    if (error instanceof BadRequest) return undefined;
    throw error;
  }
}

function isOwn(authority: string, { publicUrl, host }: OwnNames): boolean {
  const wanted = bareAuthority(authority);
  if (host !== undefined && bareAuthority(host) === wanted) return true;
  return publicUrl !== undefined && bareAuthority(new URL(publicUrl).host) === wanted;
}

/** Lower case and without the default ports, of which either may be meant behind a proxy. */
const bareAuthority = (authority: string): string => authority.toLowerCase().replace(/:(?:80|443)?$/, '');

/** Throws BadRequest for a path that the router would refuse. */
function checkedPath(path: string): string {
  segmentsOf(path);
  return path;
}

/**
 * The Destination header (RFC 4918 §10.3) as a percent-encoded absolute path on this server, see `localPath`. Throws
 * BadRequest 400 where it is missing or wrong, 403 where it names another server.
 */
export function parseDestination(headers: IncomingHttpHeaders, own: OwnNames): string {
  const { destination } = headers;
  if (typeof destination !== 'string' || destination.trim() === '') {
    throw new BadRequest('The Destination header is missing');
  }
  const path = localPath(destination.trim(), own);
  if (path === undefined) throw new BadRequest('The Destination is on another server', { status: 403 });
  return path;
}

/** The Overwrite header (RFC 4918 §10.6); true where it is missing. Throws BadRequest for anything but T and F. */
export function parseOverwrite(headers: IncomingHttpHeaders): boolean {
  const value = headers['overwrite'];
  if (value === undefined) return true;
  const flag = String(value).trim().toUpperCase();
  if (flag !== 'T' && flag !== 'F') throw new BadRequest('The Overwrite header must be T or F');
  return flag === 'T';
}
