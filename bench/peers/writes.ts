import { CALENDAR_HEADERS } from '../../test/dav-client.ts';
import { cpuMilliseconds } from '../cpu.ts';
import type { Turns } from '../measure.ts';
import { type Bench, demand } from '../scenarios.ts';
import { putName, removeName } from '../writes.ts';
import { type Cell, cellOfPairs, type Pairs } from './cells.ts';

/** Events of one round: so few that the slowest server is done in time, so many that a hundredth of a second is little. */
const ROUND = 60;
/** The first one warms up. */
const ROUNDS = 4;

/** What something costs for each of some events, one after the other; throws where an answer is not one of success. */
async function costOf(
  pid: readonly number[],
  walls: number[],
  names: readonly string[],
  send: (name: string) => Promise<{ readonly status: number }>,
): Promise<number> {
  const before = cpuMilliseconds(pid);
  for (const name of names) {
    const asked = performance.now();
    const { status } = await send(name);
    walls.push(performance.now() - asked);
    demand(status >= 200 && status < 300, `${status} for ${name}`);
  }
  return (cpuMilliseconds(pid) - before) / names.length;
}

/** What a round writes: text by name. */
function eventsOfRound(events: Bench['events'], round: number): ReadonlyMap<string, string> {
  const made = Array.from({ length: ROUND }, (_, at): [string, string] => {
    const { ics, uid } = events[((round * ROUND + at) * 7919) % events.length]!;
    const name = `new-${round}-${at}`;
    return [`${name}.ics`, ics.replaceAll(uid, `${name}@bench.example.com`)];
  });
  return new Map(made);
}

const noPairs = (): Pairs & { walls: number[] } => ({ costs: [], floors: [], walls: [] });

/**
 * New events, written one after the other and deleted again; no more rounds than `wall` milliseconds have room for, once there
 * is a figure. Throws where one is not there then, or still is.
 */
export async function measurePeerWrites(
  pid: readonly number[],
  bench: Bench,
  floor: Turns,
  wall: number,
): Promise<Cell[]> {
  const { client, path, events } = bench;
  const began = performance.now();
  const [puts, removals] = [noPairs(), noPairs()];
  const statusOf = async (name: string): Promise<number> => (await client.request('GET', path + name)).status;
  for (let round = 0; round < ROUNDS && (round < 2 || performance.now() - began < wall); round += 1) {
    const texts = eventsOfRound(events, round);
    const names = [...texts.keys()];
    const last = names.at(-1)!;
    const put = await costOf(pid, puts.walls, names, (name) =>
      client.request('PUT', path + name, { headers: CALENDAR_HEADERS, body: texts.get(name)! }),
    );
    demand((await statusOf(last)) === 200, `${last} was not kept`);
    const remove = await costOf(pid, removals.walls, names, (name) => client.request('DELETE', path + name));
    demand((await statusOf(last)) === 404, `${last} was deleted and is there`);
    if (round === 0) continue;
    const least = await floor.batch();
    for (const [pairs, cost] of [
      [puts, put],
      [removals, remove],
    ] as const) {
      pairs.costs.push(cost);
      pairs.floors.push(least);
    }
  }
  return [cellOfPairs(putName(1), puts), cellOfPairs(removeName(1), removals)];
}
