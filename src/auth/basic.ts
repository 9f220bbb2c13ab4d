import { isUtf8 } from 'node:buffer';

/** What a person typed: the log-in name and the password. */
export interface Credentials {
  readonly login: string;
  readonly password: string;
}

/** The challenge of every 401, the same on every path: Thunderbird asks again wherever the realm differs. */
export const BASIC_CHALLENGE = 'Basic realm="Kalends", charset="UTF-8"';

/**
 * The credentials of an Authorization header; undefined where they are missing, of another scheme, or not what
 * RFC 7617 §2 allows: base64 of UTF-8 with a colon and without control characters. A name is needed but where `nameless`.
 */
export function parseBasic(
  header: string | undefined,
  { nameless = false }: { readonly nameless?: boolean } = {},
): Credentials | undefined {
  const encoded = /^basic +([a-z0-9+/]+={0,2})$/i.exec(header?.trim() ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const pair = decodeUtf8(Buffer.from(encoded, 'base64'));
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon < (nameless ? 0 : 1) || /[\u0000-\u001f\u007f]/.test(pair)) return undefined;
  return { login: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

const decodeUtf8 = (octets: Buffer): string | undefined => (isUtf8(octets) ? octets.toString('utf8') : undefined);
