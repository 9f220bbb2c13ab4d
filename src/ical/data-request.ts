import type { TimeRange } from './time-value.ts';

/** CALDAV:comp of a request, RFC 4791 §9.6.1. */
export interface CompSelection {
  /** Upper case. */
  readonly name: string;
  /** The properties wanted: `all`, or each upper-case name to whether its value is left out (novalue, §9.6.4). */
  readonly props: 'all' | ReadonlyMap<string, { readonly noValue: boolean }>;
  /** The components wanted inside, by their name. */
  readonly comps: 'all' | ReadonlyMap<string, CompSelection>;
}

/** CALDAV:calendar-data of a request, RFC 4791 §9.6. Nothing set: the whole object. */
export interface DataRequest {
  /** That of VCALENDAR. */
  readonly comp?: CompSelection;
  /** §9.6.5; never with `limitRecurrenceSet`. */
  readonly expand?: TimeRange;
  /** §9.6.6. */
  readonly limitRecurrenceSet?: TimeRange;
  /** §9.6.7. */
  readonly limitFreebusySet?: TimeRange;
}
