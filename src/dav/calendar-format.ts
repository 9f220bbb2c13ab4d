import { BadRequest, Refusal } from '../base/refusal.ts';
import type { Limits } from '../base/limits.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import { jcalStream, xcalStream } from '../ical/calendar-stream.ts';
import type { Component } from '../ical/component.ts';
import { readingJcal, type JcalLimits } from '../ical/jcal.ts';
import { writingJcal } from '../ical/jcal-write.ts';
import { parsingCalendar } from '../ical/parse.ts';
import { writingComponent } from '../ical/write.ts';
import { readingXcal } from '../ical/xcal-read.ts';
import { writingXcal } from '../ical/xcal-write.ts';
import type { FormatName } from './entity-tag.ts';
import { parseXmlInTurns } from './xml/parse.ts';
import { writeNode } from './xml/write.ts';

export interface SentBody {
  readonly octets: Uint8Array;
  readonly limits: Limits;
  readonly contentType: string;
}

/** A form in which calendar data are sent and received beside iCalendar, which is what is stored. */
export interface OtherForm {
  readonly name: FormatName;
  /** Throws Refusal where it would be longer than so many characters. */
  write(calendar: Component, most: number): Steps<string>;
  /** Many objects as one file: see jcalStream. */
  stream(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string>;
  read(body: SentBody, turns: Turns): Promise<Component>;
}

export interface CalendarFormat {
  readonly mediaType: string;
  /** The Content-Type of such a body. */
  readonly contentType: string;
  /** Absent for iCalendar itself. */
  readonly form?: OtherForm;
}

export const ICALENDAR: CalendarFormat = {
  mediaType: 'text/calendar',
  contentType: 'text/calendar;charset=utf-8', // as DAV:getcontenttype has it
};

/** Values of JSON for each element of XML that the limits allow: a property has about six, and two elements. */
const VALUES_PER_ELEMENT = 8;

/** The bounds of one object in jCal. */
export const jcalBounds = ({ resourceOctets, xmlDepth, xmlElements }: Limits): JcalLimits => ({
  octets: resourceOctets,
  depth: xmlDepth,
  values: xmlElements * VALUES_PER_ELEMENT,
});

/** RFC 7265 §7. */
export const JCAL: CalendarFormat = {
  mediaType: 'application/calendar+json',
  contentType: 'application/calendar+json; charset=utf-8',
  form: {
    name: 'jcal',
    write: writingJcal,
    stream: jcalStream,
    read: ({ octets, limits }, turns) => inTurns(readingJcal(octets, jcalBounds(limits)), turns),
  },
};

/** RFC 6321 §7.2. */
export const XCAL: CalendarFormat = {
  mediaType: 'application/calendar+xml',
  contentType: 'application/calendar+xml; charset=utf-8',
  form: {
    name: 'xcal',
    write: writingXcal,
    stream: xcalStream,
    async read({ octets, limits: { resourceOctets, xmlDepth, xmlElements }, contentType }, turns) {
      const bounds = { octets: resourceOctets, depth: xmlDepth, elements: xmlElements };
      try {
        const root = await parseXmlInTurns(octets, bounds, contentType);
        return await inTurns(readingXcal(root, { write: writeNode }), turns);
      } catch (cause) {
        if (!(cause instanceof BadRequest)) throw cause;
        throw new Refusal('valid-calendar-data', cause.message, { cause });
      }
    },
  },
};

export const FORMATS = [ICALENDAR, JCAL, XCAL] as const;

/** The format of a media type, which may have parameters; undefined for any other type. */
export function formatOf(contentType: string): CalendarFormat | undefined {
  const [type = ''] = contentType.split(';');
  return FORMATS.find(({ mediaType }) => mediaType === type.trim().toLowerCase());
}

/**
 * The format that an Accept header would rather have (RFC 9110 §12.5.1); `preferred` where it does not mind, has none
 * of them or is absent: calendar programs send what they like, and want their data all the same.
 */
export function negotiated(accept: string | undefined, preferred: CalendarFormat = ICALENDAR): CalendarFormat {
  if (accept === undefined) return preferred;
  const ranges = accept.split(',').map(readRange);
  let best = preferred;
  for (const format of FORMATS) if (qualityOf(format, ranges) > qualityOf(best, ranges)) best = format;
  return best;
}

interface MediaRange {
  readonly range: string;
  readonly quality: number;
}

function readRange(text: string): MediaRange {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, '') ?? '1';
  return { range, quality: /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0 };
}

/** Of the ranges that the type is in, the narrowest counts. */
function qualityOf({ mediaType }: CalendarFormat, ranges: readonly MediaRange[]): number {
  const [type = ''] = mediaType.split('/');
  for (const wanted of [mediaType, `${type}/*`, '*/*']) {
    const found = ranges.find(({ range }) => range === wanted);
    if (found !== undefined) return found.quality;
  }
  return 0;
}

/**
 * Characters of one object in another form. It is held whole, and a list of a million letters would become thirty
 * megabytes of elements.
 */
const MOST_CHARACTERS = 16 * 1024 * 1024;

export interface FormattedData {
  readonly format: CalendarFormat;
  readonly data: string | Uint8Array;
}

/** Calendar data in a format: iCalendar as it is; where it cannot be read or is too much, iCalendar is all that there is. */
export const inFormat = (data: string | Uint8Array, format: CalendarFormat): FormattedData =>
  atOnce(formatting(data, format));

/** As inFormat; it may be interrupted. */
export function* formatting(data: string | Uint8Array, format: CalendarFormat): Steps<FormattedData> {
  const { form } = format;
  if (form === undefined) return { format, data };
  try {
    return { format, data: yield* form.write(yield* parsingCalendar(data), MOST_CHARACTERS) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { format: ICALENDAR, data };
  }
}

/** iCalendar of a body in a format. Throws valid-calendar-data, max-resource-size, no-external-entities. */
export async function icalendarOf(
  octets: Uint8Array,
  { form, contentType }: CalendarFormat,
  limits: Limits,
): Promise<Uint8Array> {
  if (form === undefined) return octets;
  const turns = createTurns();
  const calendar = await form.read({ octets, limits, contentType }, turns);
  return Buffer.from(await inTurns(writingComponent(calendar), turns));
}
