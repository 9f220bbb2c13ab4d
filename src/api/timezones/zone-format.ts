import { jcalText } from '../../ical/jcal-write.ts';
import { parseCalendar } from '../../ical/parse.ts';
import { xcalText } from '../../ical/xcal-write.ts';

/** A form in which a time zone is sent (RFC 7808 §4.1.2). */
export interface ZoneFormat {
  readonly type: string;
  /** What its entity tag has after that of the zone, as two forms are never one representation (RFC 9110 §8.8.3). */
  readonly tagSuffix: string;
  /** Of an iCalendar object. */
  readonly write: (calendar: string) => string;
}

/** The first is what is sent to who does not mind. */
export const FORMATS: readonly ZoneFormat[] = [
  { type: 'text/calendar', tagSuffix: '', write: (calendar) => calendar },
  { type: 'application/calendar+xml', tagSuffix: '-xml', write: (calendar) => xcalText(parseCalendar(calendar)) },
  { type: 'application/calendar+json', tagSuffix: '-json', write: (calendar) => jcalText(parseCalendar(calendar)) },
];

/** The format that Accept would rather have (RFC 9110 §12.5.1); undefined where it takes none of them. */
export function formatFor(accept = '*/*'): ZoneFormat | undefined {
  const weights = new Map(
    accept.split(',').map((text) => {
      const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return [range, weight === undefined ? 1 : Number(weight)] as const;
    }),
  );
  const weightOf = ({ type }: ZoneFormat): number =>
    weights.get(type) ?? weights.get(type.replace(/\/.*/, '/*')) ?? weights.get('*/*') ?? 0;
  let best: ZoneFormat | undefined;
  for (const format of FORMATS) if (weightOf(format) > (best === undefined ? 0 : weightOf(best))) best = format;
  return best;
}
