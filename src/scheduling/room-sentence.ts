import type { RoomReason } from './room-policy.ts';

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

/** Minutes in the largest unit that they are a whole number of. */
function minutesText(count: number): string {
  if (count > 0 && count % 1440 === 0) return days(count / 1440);
  if (count > 0 && count % 60 === 0) return count === 60 ? '1 hour' : `${count / 60} hours`;
  return count === 1 ? '1 minute' : `${count} minutes`;
}

/**
 * A reason in English, for COMMENT; undefined where there is nothing to explain. It is made of the code and of numbers
 * alone: never of what somebody has written, nor of what takes the room.
 */
export function sentenceOf(reason: RoomReason): string | undefined {
  switch (reason.code) {
    case 'busy':
      return 'The room is taken at this time.';
    case 'always-declined':
      return 'This room cannot be booked.';
    case 'outside-hours':
      return 'The room cannot be booked at this time of the day or week.';
    case 'too-long':
      return `A booking of this room is at most ${minutesText(reason.minutes)} long.`;
    case 'too-far-ahead':
      return `This room can be booked at most ${days(reason.days)} ahead.`;
    case 'too-late':
      return `This room has to be booked at least ${minutesText(reason.minutes)} before.`;
    case 'too-many-bookings':
      return `One person can have at most ${reason.most} open bookings of this room.`;
    case 'too-many-people':
      return `The room holds at most ${reason.capacity} people.`;
    case 'not-allowed':
      return 'You may not book this room.';
    case 'no-series':
      return 'This room can only be booked for single events.';
    case 'too-many-instances':
      return `A series in this room has at most ${reason.most} instances.`;
    case 'awaits-approval':
      return 'The booking awaits approval.';
    case 'free':
    case 'always-accepted':
    case 'left-open':
    case 'past':
    case 'unchanged':
      return undefined;
  }
}
