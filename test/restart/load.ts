import { setTimeout as after } from 'node:timers/promises';
import { CALENDAR_HEADERS, multistatus, syncCollection, type Answer, type DavClient } from '../dav-client.ts';
import { pathOf, type Slot } from '../crash/storm.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** What a generator does until it is told to stop; where it asks changes when the server comes back. */
export interface Load {
  readonly client: () => DavClient;
  readonly random: SeededRandom;
  readonly isOver: () => boolean;
  /** Told of an answer that no request may get. */
  readonly onWrong: (what: string) => void;
}

/** A request that was not taken is made again after this long, in milliseconds, and for so long at most. */
const PAUSE = 25;
const LONGEST = 60_000;

interface Outcome {
  readonly answer: Answer;
  /** Whether it was made more than once: the first may have been done, and its answer lost. */
  readonly isRetried: boolean;
}

/** Until there is an answer: a refused or broken connection and 503 are asked again, as every client does. */
async function persistently(send: () => Promise<Answer>): Promise<Outcome> {
  const deadline = performance.now() + LONGEST;
  for (let isRetried = false; ; isRetried = true) {
    const answer = await send().catch((error: unknown) => {
      if (performance.now() > deadline) throw new Error(`no answer for ${LONGEST} ms`, { cause: error });
      return undefined;
    });
    if (answer !== undefined && answer.status !== 503) return { answer, isRetried };
    if (performance.now() > deadline) throw new Error(`503 for ${LONGEST} ms`);
    await after(PAUSE);
  }
}

const eventOf = (uid: string, version: number): string =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kalends//restart test//EN', 'BEGIN:VEVENT', `UID:${uid}`],
    ...['DTSTAMP:20270101T000000Z', `DTSTART:20270${1 + (version % 9)}02T090000Z`, 'DURATION:PT1H'],
    ...[`SUMMARY:Version ${version}`, 'END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n');

let version = 0;

/** Writes, removes and reads back its own resources, whose state it so knows. Returns how many writes were acknowledged. */
export async function write({ client, random, isOver, onWrong }: Load, slots: readonly Slot[]): Promise<number> {
  let acknowledged = 0;
  while (!isOver()) {
    const slot = random.pick(slots);
    const path = pathOf(slot);
    if (random.fraction() < 0.3) {
      const { answer } = await persistently(() => client().request('GET', path));
      const found = answer.status === 200 ? answer.body.toString('utf8') : undefined;
      const isRight = [200, 404].includes(answer.status) && found === slot.acknowledged;
      if (!isRight) onWrong(`GET ${path}: ${answer.status}, not what was acknowledged`);
      continue;
    }
    const removes = slot.acknowledged !== undefined && random.fraction() < 0.3;
    const content = removes ? undefined : eventOf(slot.uid, ++version);
    slot.inFlight = { content };
    slot.touched = true;
    const { answer, isRetried } = await persistently(() =>
      content === undefined
        ? client().request('DELETE', path)
        : client().request('PUT', path, { headers: CALENDAR_HEADERS, body: content }),
    );
    const usual = content === undefined ? 204 : slot.acknowledged === undefined ? 201 : 204;
    const repeated = content === undefined ? 404 : 204;
    if (answer.status !== usual && !(isRetried && answer.status === repeated)) {
      onWrong(`${content === undefined ? 'DELETE' : 'PUT'} ${path}: ${answer.status}, not ${usual}`);
    }
    slot.acknowledged = content;
    slot.inFlight = undefined;
    acknowledged += 1;
  }
  return acknowledged;
}

/** Reads what nobody changes: each answer is known beforehand. */
export async function read({ client, random, isOver, onWrong }: Load, still: Still): Promise<number> {
  let answered = 0;
  for (; !isOver(); answered += 1) {
    if (random.fraction() < 0.9) {
      const [name, octets] = random.pick(still.members);
      const { answer } = await persistently(() => client().request('GET', still.path + name));
      const isRight = answer.status === 200 && answer.body.toString('utf8') === octets;
      if (!isRight) onWrong(`GET ${still.path}${name}: ${answer.status}, other octets`);
      continue;
    }
    const { answer } = await persistently(() => client().request('REPORT', still.path, syncCollection(undefined)));
    const names = answer.status === 207 ? multistatus(answer.body).entries.length : 0;
    if (names !== still.members.length) onWrong(`sync of ${still.path}: ${answer.status}, ${names} members`);
  }
  return answered;
}

/** A collection that nobody writes to, with the octets of its members by name. */
export interface Still {
  readonly path: string;
  readonly members: readonly (readonly [name: string, octets: string])[];
}

export const stillOf = (path: string, count: number): Still => ({
  path,
  members: Array.from(
    { length: count },
    (_, at) => [`still-${at}.ics`, eventOf(`still-${at}@example.com`, at)] as const,
  ),
});

export async function fillStill(client: DavClient, { path, members }: Still): Promise<void> {
  const queue = members.values();
  const writer = async (): Promise<void> => {
    for (const [name, body] of queue) {
      const { status } = await client.request('PUT', path + name, { headers: CALENDAR_HEADERS, body });
      if (status !== 201) throw new Error(`PUT ${path}${name}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
}
