import { HOUR, type Clock } from '../base/clock.ts';
import { dayStart } from '../calendar/link-window.ts';
import type { LinkRequest } from './answer.ts';

/**
 * The tags of answers by what they were made of, so that a program that asks each hour whether something changed costs
 * no answer. Whether the link opens at all is not among it: that is looked up for each request.
 */
export interface KnownTags {
  get(state: string): string | undefined;
  set(state: string, tag: string): void;
}

const MOST = 10_000;

export function createKnownTags(clock: Clock): KnownTags {
  const known = new Map<string, { readonly tag: string; readonly until: number }>();
  return {
    get(state) {
      const found = known.get(state);
      return found !== undefined && clock() < found.until ? found.tag : undefined;
    },
    set(state, tag) {
      known.delete(state);
      // What the clock alone changes, such as an object that turns out to be faulty, is seen after a while.
      known.set(state, { tag, until: clock() + HOUR });
      if (known.size > MOST) known.delete(known.keys().next().value ?? '');
    },
  };
}

/** All that an answer depends on: what is asked, the day, and the state of each collection. */
export function stateOf({ open, now, zone, query }: LinkRequest, format: string): string {
  const { link, owner, place, calendars, busy } = open;
  const collections = [place, ...calendars, ...busy].map(({ id, seq, propertiesVersion }) => [
    id,
    seq,
    propertiesVersion,
  ]);
  const asked = [link.id, format, query.toString(), dayStart(now, zone), zone.id];
  return JSON.stringify([...asked, owner.name, owner.timezone, owner.emails[0], ...collections]);
}
