import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { davClient } from '../test/dav-client.ts';
import { type Interval, makeEvents, type Span } from './events.ts';
import type { FloorTask } from './floor.ts';
import type { Scenario } from './measure.ts';
import { type Bench, questions } from './scenarios.ts';

/** A server of a few lines, which answers the same questions to the same events, and the questions to it. */
export interface Floor {
  readonly pid: number;
  /** Its GET: what everything is compared with. */
  readonly get: Scenario;
  /** Questions that it answers for a calendar of so many events, by the names that they have everywhere. */
  questions(size: number): readonly Scenario[];
  close(): void;
}

/** Its calendars have the sizes of those that are measured. */
export async function startFloor(sizes: readonly number[], span: Span, week: Interval): Promise<Floor> {
  const task: FloorTask = { sizes, from: span.from.toMillis(), until: span.until.toMillis(), week };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'floor.ts'), JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = line.replace('listening on ', '');
  const client = davClient({ url, user: 'bench', password: 'bench', sockets: 1 });
  const benchOf = (size: number): Bench => ({ client, path: `/c${size}/`, events: makeEvents(size, span), week });
  const of = new Map(sizes.map((size) => [size, questions(benchOf(size))]));
  const get = of.get(sizes[0]!)!.find(({ name }) => name === 'get')!;
  return {
    pid: child.pid!,
    get: { ...get, name: 'floor' },
    questions: (size) =>
      (of.get(size) ?? []).filter(({ name }) => ['list', 'multiget 500', 'query week'].includes(name)),
    close() {
      client.close();
      child.stdin.end();
    },
  };
}
