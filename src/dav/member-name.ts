import { BadRequest } from '../base/refusal.ts';
import { pathOf, segmentsOf } from './path.ts';

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
