import { BadRequest } from '../base/refusal.ts';
import { pathOf, segmentsOf } from './path.ts';

/**
 * Finds the names of members of a collection by their hrefs; undefined for an href that names none. `parent` is the href
 * of the collection, as resource.ts has it.
 */
export function namesBelow(parent: string): (href: string) => string | undefined {
  const segments = segmentsOf(parent);
  return (href) => {
    // As this server writes hrefs and clients send them back, hundreds in a request.
    const rest = href.startsWith(parent) ? href.slice(parent.length) : '';
    return PLAIN_NAME.test(rest) ? rest : memberName(href, segments);
  };
}

/** What stands for itself in a path, and can be a name: see segmentsOf. */
const PLAIN_NAME = /^[\w~-][\w.~-]{0,200}$/;

/** The last segment of an href whose other segments are the collection's; undefined for any other href. */
export function memberName(href: string, parent: readonly string[]): string | undefined {
  const segments = safeSegments(href);
  const isMember =
    segments.length === parent.length + 1 && parent.every((segment, index) => segment === segments[index]);
  return isMember ? segments.at(-1) : undefined;
}

/** One href that is broken is not found; the others are answered. */
function safeSegments(href: string): readonly string[] {
  try {
    return segmentsOf(pathOf(href));
  } catch (error) {
    if (error instanceof BadRequest) return [];
    throw error;
  }
}
