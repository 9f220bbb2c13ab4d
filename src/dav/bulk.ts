import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { createTurns } from '../base/turns.ts';
import { requirePrivilege } from '../calendar/access.ts';
import type { Collection, ObjectHead } from '../calendar/model.ts';
import { putObject } from '../calendar/put-object.ts';
import { splitCalendar } from '../ical/group.ts';
import type { SplitItem } from '../ical/splitter.ts';
import { newMemberName } from './add-member.ts';
import { bodyWithin, formatSent } from './calendar-body.ts';
import { icalendarOf, type CalendarFormat } from './calendar-format.ts';
import { refusalElement, refusalStatus } from './error-body.ts';
import { objectHref } from './hrefs.ts';
import type { DavAnswer, DavRequest } from './method.ts';
import { multistatusAnswer } from './multistatus-answer.ts';
import { calendarDataElement } from './report-data.ts';
import { formatOfAnswer } from './representation.ts';
import type { ResourceOf } from './resource.ts';
import { checkTarget } from './write-check.ts';
import type { DavResponse } from './xml/multistatus.ts';
import { cs, dav } from './xml/names.ts';
import type { Xml } from './xml/node.ts';
import { el, text } from './xml/write.ts';

/** One resource of a bulk request that is to be stored. */
export interface BulkWrite {
  readonly calendar: ResourceOf<'calendar'>;
  readonly name: string;
  readonly octets: Uint8Array;
  /** In which the data are sent back, where the client wants them. */
  readonly format: CalendarFormat;
  readonly unchanged: readonly Collection[];
  /** Throws ConditionFailed. */
  readonly check: (current: ObjectHead | undefined) => void;
}

/** Resources that are under way together: they wait for one sync of the disk. */
const TOGETHER = 25;

/**
 * POST of iCalendar with many UIDs (calendarserver.org's "simple" bulk request): each becomes a new resource, each in a
 * transaction of its own, and each has its own answer.
 */
export async function storeMany(request: DavRequest, calendar: ResourceOf<'calendar'>): Promise<DavAnswer> {
  requirePrivilege(calendar.privileges, 'bind', calendar.href);
  checkTarget(request);
  const { limits } = request.context.calendar;
  const format = formatSent(request.headers['content-type']);
  const body = await bodyWithin(request, limits.bulkOctets, 'max-bytes');
  const octets = await icalendarOf(body, format, { ...limits, resourceOctets: limits.bulkOctets });
  const items = await itemsOf(octets, limits);
  return multistatusAnswer(request, responses(request, calendar, items));
}

/** Components of one resource, on the average of a request. */
const MOST_OF_RESOURCE = 100;

/** The objects of the body, before the first is stored. Throws max-resources. */
async function itemsOf(
  octets: Uint8Array,
  { bulkResources }: { readonly bulkResources: number },
): Promise<readonly SplitItem[]> {
  const turns = createTurns();
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    if (turns.isDue()) await turns.take();
    return octets.subarray(offset, offset + length);
  };
  const items: SplitItem[] = [];
  const maxComponents = bulkResources * MOST_OF_RESOURCE;
  // What is too large for a resource is refused as one, with max-resource-size.
  for await (const item of splitCalendar({ size: octets.length, read }, { maxOctets: octets.length, maxComponents })) {
    if (turns.isDue()) await turns.take();
    items.push(item);
    if (items.length > bulkResources) throw tooMany(bulkResources);
  }
  return items;
}

export const tooMany = (most: number): Refusal => new Refusal('max-resources', `At most ${most} resources at once`);

async function* responses(
  request: DavRequest,
  calendar: ResourceOf<'calendar'>,
  items: readonly SplitItem[],
): AsyncGenerator<DavResponse, void> {
  const format = formatOfAnswer(request);
  const store = (item: SplitItem, unchanged: readonly Collection[]): Promise<DavResponse> =>
    item.kind === 'problem'
      ? Promise.resolve(brokenItem(calendar, item))
      : settled(calendar.href, item.uid, () =>
          write(request, {
            calendar,
            name: newMemberName(),
            octets: item.octets,
            format,
            unchanged,
            check: () => undefined,
          }),
        );
  const [first, ...rest] = items;
  // What the If header was compared with is held to by the first: it changes the calendar itself.
  if (first !== undefined) yield await store(first, request.unchanged);
  for (let from = 0; from < rest.length; from += TOGETHER) {
    yield* await Promise.all(rest.slice(from, from + TOGETHER).map((item) => store(item, [])));
  }
}

function brokenItem(calendar: ResourceOf<'calendar'>, item: Extract<SplitItem, { kind: 'problem' }>): DavResponse {
  return failed(calendar.href, item.uid, new Refusal('valid-calendar-data', `Line ${item.line}: ${item.problem}`));
}

/** Stores one resource, and answers with its entity tag and UID (and data, where the client wants what was changed). */
export async function write(request: DavRequest, item: BulkWrite): Promise<DavResponse> {
  const { calendar, name, octets, format } = item;
  const { head } = await putObject(request.context.calendar, {
    actor: request.context.actor,
    owner: calendar.owner,
    collection: calendar.collection,
    name,
    octets,
    check: item.check,
    unchanged: item.unchanged,
    locks: request.locks,
  });
  const props: Xml[] = [el(dav('getetag'), text(`"${head.etag}"`)), el(cs('uid'), text(head.uid))];
  if (wantsData(request)) props.push(await calendarDataElement(Buffer.from(octets).toString('utf8'), format));
  return { href: objectHref(calendar.collection, { name }), propstats: [{ status: 200, props }] };
}

const wantsData = ({ headers, preferences }: DavRequest): boolean =>
  preferences.representation || String(headers['x-mobileme-dav-options']).includes('return-changed-data');

/** What one resource came to: what refuses it is its answer, and the others go on. */
export async function settled(
  href: string,
  uid: string | undefined,
  work: () => Promise<DavResponse>,
): Promise<DavResponse> {
  try {
    return await work();
  } catch (error) {
    return failed(href, uid, error);
  }
}

function failed(href: string, uid: string | undefined, error: unknown): DavResponse {
  const props = uid === undefined ? [] : [el(cs('uid'), text(uid))];
  if (error instanceof Refusal) {
    return { href, propstats: [{ status: refusalStatus(error), props, error: refusalElement(error) }] };
  }
  if (error instanceof ConditionFailed) return { href, propstats: [{ status: 412, props }] };
  if (error instanceof BadRequest) return { href, propstats: [{ status: error.status, props }] };
  throw error;
}
