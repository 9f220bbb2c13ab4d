import type { CalendarContext } from '../calendar/context.ts';
import type { OpenLink } from '../calendar/links.ts';
import type { TimeRange } from '../ical/time-value.ts';
import type { Zone } from '../ical/timezone.ts';

/** What a form of a link is made of. */
export interface LinkRequest {
  readonly context: CalendarContext;
  readonly open: OpenLink;
  /** UTC milliseconds. */
  readonly now: number;
  /** In which the link speaks of days. */
  readonly zone: Zone;
  /** What the link shows at this instant. */
  readonly window: TimeRange;
  /** What stands behind the path. */
  readonly query: URLSearchParams;
}

export interface WebAnswer {
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** What the entity tag is made of, where the body also says when it was made. */
  readonly state?: string;
  /** As which it is kept; undefined: it is shown. */
  readonly filename?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the link is called. */
export const titleOf = ({ link, place, owner }: OpenLink): string =>
  link.name ?? place.displayname ?? (place.uri || owner.name);
