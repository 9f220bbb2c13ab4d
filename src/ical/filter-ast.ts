import type { TextMatch } from './text-match.ts';
import type { TimeRange } from './time-value.ts';

/** How the tests of one filter are joined (draft-daboo-caldav-extensions §3.1); RFC 4791 knows `allof` only. */
export type FilterTest = 'allof' | 'anyof';

/** CALDAV:param-filter, RFC 4791 §9.7.3. */
export interface ParamFilter {
  /** Upper case. */
  readonly name: string;
  readonly condition: 'exists' | 'is-not-defined' | TextMatch;
}

/** CALDAV:prop-filter, RFC 4791 §9.7.2. At most one of `timeRange` and `textMatch`; neither with `isNotDefined`. */
export interface PropFilter {
  /** Upper case. */
  readonly name: string;
  readonly isNotDefined: boolean;
  readonly timeRange?: TimeRange;
  readonly textMatch?: TextMatch;
  readonly params: readonly ParamFilter[];
  readonly test: FilterTest;
}

/** CALDAV:comp-filter, RFC 4791 §9.7.1. The outermost one is VCALENDAR's. */
export interface CompFilter {
  /** Upper case, or `*` for every component type (draft-daboo-caldav-extensions §3.1). */
  readonly name: string;
  readonly isNotDefined: boolean;
  readonly timeRange?: TimeRange;
  readonly props: readonly PropFilter[];
  readonly comps: readonly CompFilter[];
  readonly test: FilterTest;
}
