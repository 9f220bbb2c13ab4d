import { Refusal } from '../base/refusal.ts';
import type { Limits } from '../base/limits.ts';
import type { Steps } from '../base/steps.ts';
import { createTurns, inTurns, type Turns } from '../base/turns.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { faultsIn } from '../calendar/fault.ts';
import type { CalendarObject, Collection, ObjectHead } from '../calendar/model.ts';
import type { DataRequest } from '../ical/data-request.ts';
import { cuttingData } from '../ical/subset.ts';
import type { Zone } from '../ical/timezone.ts';
import { formatting, ICALENDAR, type CalendarFormat } from './calendar-format.ts';
import { madeOf } from './made-of.ts';
import { parsePropRequest, propNode, type PropRequest } from './prop-request.ts';
import { property } from './property.ts';
import { responsesOf, slicesOf } from './propstats.ts';
import type { Preferences } from './prefer.ts';
import type { ReportRequest } from './report.ts';
import { formatOfData, parseCalendarData } from './reports/calendar-data-xml.ts';
import type { Resource } from './resource.ts';
import { withZonesAsked } from './timezones-asked.ts';
import type { DavResponse } from './xml/multistatus.ts';
import { caldav } from './xml/names.ts';
import type { Xml, XmlNode } from './xml/node.ts';
import { el, elWith, text, writingText } from './xml/write.ts';

const NAME = caldav('calendar-data');

/** What a report asks of each object: properties, and the calendar data where they are among them. */
export interface DataWish {
  readonly request: PropRequest;
  /** Whether CALDAV:calendar-data is asked for, so that the octets must be read. */
  readonly octets: boolean;
  readonly data: DataRequest | undefined;
  /** In which the data are answered. */
  readonly format: CalendarFormat;
}

/**
 * The DAV:prop, allprop or propname of a calendar report (RFC 4791 §7.8, §7.9); without one, no property is asked for.
 * Throws what parseCalendarData does.
 */
export const parseDataWish = madeOf((body: XmlNode): DataWish => {
  const request = parsePropRequest(body) ?? { kind: 'prop', names: [] };
  const node = propNode(body, NAME);
  return {
    request,
    octets: node !== undefined,
    data: node && parseCalendarData(node),
    format: node === undefined ? ICALENDAR : formatOfData(node),
  };
});

/** How calendar data is cut out of the objects of one answer. */
export interface DataContext {
  readonly floating: Zone;
  readonly limits: Pick<Limits, 'expandInstances' | 'recurrenceSteps'>;
  /** Why members cannot be expanded, by their ids. */
  readonly faults: ReadonlyMap<string, string>;
}

/** What cuts out the data that are wished for of a collection's members; `floating` is the zone of floating times. */
export async function dataContextOf(
  context: CalendarContext,
  collection: Collection,
  { data }: DataWish,
  floating: Zone,
): Promise<DataContext> {
  const faults = data?.expand === undefined ? NO_FAULTS : await faultsIn(context, collection);
  return { floating, limits: context.limits, faults };
}

const NO_FAULTS: ReadonlyMap<string, string> = new Map();

/**
 * The request with CALDAV:calendar-data as a property of objects whose octets were read. It is none of PROPFIND's
 * properties (RFC 4791 §9.6), which is why no file of the registry has it.
 */
export function withCalendarData({ request, octets, data, format }: DataWish, context: DataContext): PropRequest {
  if (!octets) return request;
  const cut = data === undefined ? wholeText : createCutter(data, context);
  const turns = createTurns();
  const computed = property({
    name: NAME,
    on: ['object'],
    get({ object }) {
      if (!hasOctets(object)) return undefined;
      const data = cut(object);
      // What is as it is stored and short is at hand: thousands of promises would cost more than it.
      if (typeof data === 'string' && format.form === undefined && data.length < SHORT) return el(NAME, text(data));
      return answered(data, format, turns);
    },
  });
  return { ...request, computed: [computed] };
}

/** Characters of an element that are written without a break. */
const SHORT = 64 * 1024;

/** CALDAV:calendar-data of iCalendar, in the format given. */
export const calendarDataElement = (data: string, format: CalendarFormat): Promise<Xml> =>
  answered(data, format, createTurns());

const answered = async (data: string | Promise<string>, format: CalendarFormat, turns: Turns): Promise<Xml> =>
  inTurns(writingElement(await data, format), turns);

/** RFC 4791 §9.6: the attributes say what the data are, where they are not iCalendar. */
function* writingElement(data: string, asked: CalendarFormat): Steps<Xml> {
  const { format, data: said } = yield* formatting(data, asked);
  const content = yield* writingText(String(said));
  if (format.form === undefined) return el(NAME, content);
  return elWith(NAME, { 'content-type': format.mediaType, version: '2.0' }, content);
}

/**
 * As responsesOf, for members whose data may have to be cut out: that can take long for each, so the event loop gets
 * its turns in between.
 */
export async function dataResponses(
  members: readonly Resource[],
  { wish, asked }: { readonly wish: DataWish; readonly asked: PropRequest },
  { context, preferences }: Pick<ReportRequest, 'context' | 'preferences'>,
): Promise<readonly DavResponse[]> {
  const turns = createTurns();
  const responses: DavResponse[] = [];
  const isZoned = preferences.timezones !== undefined;
  const slices = isAsStored(wish) && !isZoned ? slicesOf(members, asked) : members.map((member) => [member]);
  for (const slice of slices) {
    if (turns.isDue()) await turns.take();
    const zoned = isZoned ? slice.map((member) => withZones(member, preferences)) : slice;
    responses.push(...(await responsesOf(zoned, asked, context, preferences)));
  }
  return responses;
}

/** The member with the VTIMEZONEs that CalDAV-Timezones asks for, where its octets were read. */
function withZones(member: Resource, preferences: Preferences): Resource {
  if (member.kind !== 'object' || !hasOctets(member.object)) return member;
  const object: CalendarObject = { ...member.object, octets: withZonesAsked(member.object.octets, preferences) };
  return { ...member, object };
}

const isAsStored = ({ data, format }: DataWish): boolean => data === undefined && format.form === undefined;

type Cutter = (object: CalendarObject) => string | Promise<string>;

const hasOctets = (object: ObjectHead): object is CalendarObject => 'octets' in object;
const wholeText: Cutter = ({ octets }) =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('utf8');

/** Steps of recurrence that an instance may cost, over a whole answer. */
const STEPS_PER_INSTANCE = 10;

/**
 * Each object has its own budget, so that one cannot be the end of the others; the answer as a whole is bounded in
 * instances and in work.
 */
function createCutter(data: DataRequest, { floating, limits, faults }: DataContext): Cutter {
  let instances = limits.expandInstances;
  let steps = limits.expandInstances * STEPS_PER_INSTANCE;
  const turns = createTurns();
  return async ({ id, octets }) => {
    const fault = faults.get(id);
    if (fault !== undefined) throw new Refusal('valid-calendar-data', fault);
    if (instances <= 0 || steps <= 0) throw tooManyInstances(limits);
    const budget = { steps: Math.min(steps, limits.recurrenceSteps) };
    const before = budget.steps;
    try {
      const cut = await inTurns(cuttingData(octets, data, { floating, budget }), turns);
      if (data.expand !== undefined) instances -= componentsIn(cut);
      return cut;
    } catch (error) {
      // What was left of the answer's bound was less than an object may take: nothing is wrong with this one.
      if (budget.steps < 0 && before < limits.recurrenceSteps) throw tooManyInstances(limits, error);
      throw error;
    } finally {
      steps -= before - budget.steps;
    }
  };
}

const tooManyInstances = ({ expandInstances }: DataContext['limits'], cause?: unknown): Refusal =>
  new Refusal('number-of-matches-within-limits', `An answer holds at most ${expandInstances} instances`, { cause });

function componentsIn(calendar: string): number {
  let count = 0;
  for (let at = calendar.indexOf('\nBEGIN:V'); at >= 0; at = calendar.indexOf('\nBEGIN:V', at + 1)) count += 1;
  return count;
}
