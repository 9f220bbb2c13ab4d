import { BadRequest } from '../base/refusal.ts';

/**
 * The segments of a request path, percent-decoded, without empty ones (a doubled slash is one). Throws BadRequest
 * for a broken percent-encoding, octets that are no UTF-8, NUL, a slash or backslash inside a segment, `.` and `..`:
 * none of them can name a resource of ours, and each has been used to leave a folder.
 */
export function segmentsOf(path: string): readonly string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);
}

/** Octets of a name: two of them are in a key of an index, of which PostgreSQL refuses those of more than 2,700. */
const MOST_OF_SEGMENT = 1000;

function decodeSegment(segment: string): string {
  const decoded = decode(segment);
  if (decoded.length > MOST_OF_SEGMENT / 3 && Buffer.byteLength(decoded) > MOST_OF_SEGMENT)
    throw new BadRequest('A segment of the path is too long', { status: 414 });
  if (decoded === '.' || decoded === '..' || /[\0/\\]/.test(decoded)) {
    throw new BadRequest('The path holds a segment that cannot name a resource');
  }
  return decoded;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    throw new BadRequest('The path is not percent-encoded UTF-8', { cause: error });
  }
}

/** The path of a request target: absolute form and query are cut off. */
export function pathOf(target: string): string {
  const withoutOrigin = target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return withoutOrigin.replace(/[?#].*$/s, '') || '/';
}

/** The query of a request target, decoded as forms are. */
export function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?');
  return start === -1 ? NO_QUERY : new URLSearchParams(target.slice(start + 1));
}

const NO_QUERY = new URLSearchParams();
