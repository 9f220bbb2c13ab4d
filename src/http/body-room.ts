import type { ServerResponse } from 'node:http';

/** Takes memory for octets of one request's body until its answer has left; false where there is none. */
export type TakeRoom = (octets: number) => boolean;

/**
 * The memory that the bodies of all requests under way may take together, in octets: each is bounded, but a few
 * thousand at once would end the process. What has arrived counts, not what was announced: whoever announces much and
 * sends nothing takes no room from others.
 */
export function createBodyRoom(most: number): (res: ServerResponse) => TakeRoom {
  let left = most;
  return (res) => {
    let taken = 0;
    return (octets) => {
      // Who has gone already does not close once more.
      if (octets > left || res.closed) return false;
      if (taken === 0) {
        res.once('close', () => {
          left += taken;
        });
      }
      left -= octets;
      taken += octets;
      return true;
    };
  };
}
