import type { MailResolver } from './resolver.ts';

/** SPF has 10 look-ups and what they name, DMARC walks up the names, and each signature has a key. */
const MOST_QUESTIONS = 80;
const TOGETHER_MS = 10_000;

/** What the DNS answers where there is no such name: what cannot be asked for is not there. */
const NOT_THERE = 'ENOTFOUND';
const TIMED_OUT = 'ETIMEOUT';

const failure = (code: string): Error => Object.assign(new Error(`DNS: ${code}`), { code });

/** A resolver for one mail, which is asked so often and for so long and no more. */
export function countedResolver(
  resolver: MailResolver,
  { questions = MOST_QUESTIONS, together = TOGETHER_MS }: { questions?: number; together?: number } = {},
): MailResolver {
  let left = questions;
  const deadline = performance.now() + together;
  return async (name, rrtype) => {
    if (--left < 0) throw failure(NOT_THERE);
    const rest = deadline - performance.now();
    if (rest <= 0) throw failure(TIMED_OUT);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(failure(TIMED_OUT)), rest);
    });
    try {
      return await Promise.race([resolver(name, rrtype), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
