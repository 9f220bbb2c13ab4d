import { promises as dns } from 'node:dns';

/** Asks the DNS, as node:dns `resolve` does: texts of TXT come in their pieces. */
export type MailResolver = (name: string, rrtype: string) => Promise<string[][] | string[]>;

/** How long one question waits for an answer, and how often it is asked. */
const QUESTION_MS = 2_000;
const TRIES = 2;
/** Above this an answer is none: no honest record is as long, and all of it would be looked at. */
const MOST_RECORDS = 100;
const MOST_OCTETS = 64 * 1024;

export interface ResolverOptions {
  /** Addresses of name servers, with a port if need be; left out: those of the machine. */
  readonly servers?: readonly string[];
  /** Milliseconds that one question waits for an answer. */
  readonly timeout?: number;
}

/** The DNS of the machine, with a time-out for each question and a bound for each answer. */
export function createMailResolver({ servers, timeout = QUESTION_MS }: ResolverOptions = {}): MailResolver {
  const resolver = new dns.Resolver({ timeout, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  return async (name, rrtype) => {
    const answer: unknown = await resolver.resolve(name, rrtype);
    return bounded(answer);
  };
}

/** Lists are cut; what is long as a whole says nothing. */
function bounded(answer: unknown): string[][] {
  if (!Array.isArray(answer)) return [];
  const records = answer.slice(0, MOST_RECORDS) as string[][]; // as node:dns answers, which mailauth reads
  let octets = 0;
  for (const record of records) octets += JSON.stringify(record).length;
  return octets > MOST_OCTETS ? [] : records;
}
