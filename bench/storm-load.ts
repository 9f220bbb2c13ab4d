import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { setPriority } from 'node:os';

/** What is asked over and over, over so many connections; answers are thrown away. */
export interface StormPlan {
  readonly url: string;
  readonly connections: number;
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }[];
}

/** Told when the storm has ended. */
export interface StormTally {
  readonly answers: number;
  readonly octets: number;
  readonly failures: number;
}

/** A process of its own that stands back: what it does with the answers must not hold up who measures. */
setPriority(10);
// Told by storm.ts, of the same program.
const [given] = (await once(process, 'message')) as [StormPlan];
const { url, connections, requests } = given;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
let isOver = false;
let [answers, octets, failures] = [0, 0, 0];

const ask = ({ method, path, headers, body }: StormPlan['requests'][number]): Promise<void> =>
  new Promise((done) => {
    const sent = httpRequest(url + path.slice(1), { method, agent, headers }, (response) => {
      response.on('data', (chunk: Buffer) => (octets += chunk.length));
      response.on('close', () => {
        answers += 1;
        if (!response.complete || (response.statusCode ?? 500) >= 300) failures += 1;
        done();
      });
    });
    sent.on('error', () => {
      failures += 1;
      done();
    });
    sent.end(body);
  });

async function connection(first: number): Promise<void> {
  for (let at = first; !isOver; at += 1) await ask(requests[at % requests.length]!);
}

process.once('message', () => (isOver = true));
await Promise.all(Array.from({ length: connections }, (_, at) => connection(at)));
agent.destroy();
const tally: StormTally = { answers, octets, failures };
process.send?.(tally, () => process.disconnect());
