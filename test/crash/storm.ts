import { CALENDAR_HEADERS, type Answer, type DavClient } from '../dav-client.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** What a resource holds: its octets as text; undefined: it is not there. */
export type Content = string | undefined;

/** One resource, written by one connection only, so that the order of its writes is known. */
export interface Slot {
  readonly collection: string;
  readonly name: string;
  readonly uid: string;
  /** After the last write that the server acknowledged. */
  acknowledged: Content;
  /** A write that was sent and not answered: it may have happened or not. */
  inFlight: { readonly content: Content } | undefined;
  /** Whether a write was sent since the last check. */
  touched: boolean;
}

export const pathOf = ({ collection, name }: Pick<Slot, 'collection' | 'name'>): string => `${collection}${name}`;

/** The resources of one connection in each collection. */
export function slotsOf(worker: number, collections: readonly string[], count: number): Slot[] {
  return collections.flatMap((collection, place) =>
    Array.from({ length: count }, (_, at) => ({
      collection,
      name: `w${worker}-${at}.ics`,
      uid: `w${worker}-${at}-${place}@example.com`,
      acknowledged: undefined,
      inFlight: undefined,
      touched: false,
    })),
  );
}

const two = (value: number): string => String(value).padStart(2, '0');

/** An event within 2027: one in five recurs, one in twenty is large enough to fill many pages of the database. */
function eventOf(uid: string, version: number, random: SeededRandom): string {
  const start = `2027${two(random.between(1, 12))}${two(random.between(1, 28))}T${two(random.between(0, 23))}0000`;
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Kalends//crash test//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20270101T000000Z',
    `DTSTART:${start}Z`,
    'DURATION:PT1H',
    ...(random.fraction() < 0.2 ? ['RRULE:FREQ=DAILY;COUNT=20'] : []),
    `SUMMARY:Version ${version}`,
    ...(random.fraction() < 0.05 ? Array.from({ length: 2000 }, (_, at) => `X-FILL:${at} ${'x'.repeat(50)}`) : []),
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

export interface Storm {
  /** Writes that were acknowledged. */
  readonly acknowledged: number;
  /** Answers that no write of this storm may get. */
  readonly wrong: readonly string[];
}

let version = 0;

/** Writes as fast as the server answers, over one connection, until the connection breaks. */
export async function storm(client: DavClient, slots: readonly Slot[], random: SeededRandom): Promise<Storm> {
  const wrong: string[] = [];
  for (let acknowledged = 0; ; acknowledged += 1) {
    const slot = random.pick(slots);
    const removes = slot.acknowledged !== undefined && random.fraction() < 0.3;
    const content = removes ? undefined : eventOf(slot.uid, ++version, random);
    slot.inFlight = { content };
    slot.touched = true;
    const answer = await write(client, slot, content).catch(() => undefined);
    if (answer === undefined) return { acknowledged, wrong };
    const expected = content !== undefined && slot.acknowledged === undefined ? 201 : 204;
    slot.inFlight = undefined;
    // The process that writes is gone, and the one that answers not yet: then nothing may have been written.
    if (answer.status === 503) return { acknowledged, wrong };
    if (answer.status === expected) slot.acknowledged = content;
    else wrong.push(`${content === undefined ? 'DELETE' : 'PUT'} ${pathOf(slot)}: ${answer.status}, not ${expected}`);
    // A refused write changed nothing that could be checked later: one is enough to stop.
    if (wrong.length > 0) return { acknowledged, wrong };
  }
}

function write(client: DavClient, slot: Slot, content: Content): Promise<Answer> {
  if (content === undefined) return client.request('DELETE', pathOf(slot));
  const condition: Record<string, string> = slot.acknowledged === undefined ? { 'if-none-match': '*' } : {};
  return client.request('PUT', pathOf(slot), { headers: { ...CALENDAR_HEADERS, ...condition }, body: content });
}
