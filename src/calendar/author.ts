import type { Actor } from '../auth/actor.ts';
import type { Author, Origin } from '../store/author.ts';

export type { Author, Origin };

/** As whom an actor's changes are kept. */
export const authorOf = ({ id, deviceId }: Actor, origin: Origin = 'client'): Author => ({
  principalId: id,
  deviceId,
  origin,
});

/** The machine's administrator at the command line, or the server itself: nobody who logged in. */
export const unnamed = (origin: Origin): Author => ({ principalId: undefined, deviceId: undefined, origin });
