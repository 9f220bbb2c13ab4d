import { HOUR } from '../../base/clock.ts';
import { decideBookings as decide } from '../../calendar/decide-bookings.ts';
import type { Job } from '../job.ts';

/** Decides the days of endless series in rooms as they come within what the room decides ahead. */
export const decideBookings: Job = {
  name: 'decide-bookings',
  every: 24 * HOUR,
  async run({ calendar, log }, signal) {
    let count = 0;
    for await (const outcome of decide(calendar)) {
      if (outcome === 'told') count += 1;
      if (signal.aborted) break;
    }
    if (count > 0) log.info({ count }, 'days of series were declined by their rooms');
  },
};
