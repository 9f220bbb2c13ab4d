import type { Actor } from '../auth/actor.ts';
import { unnamed, type Author } from '../calendar/author.ts';
import type { DeviceNames } from '../calendar/device-names.ts';
import { BadRequest } from '../base/refusal.ts';
import { asPrincipalId } from '../base/ids.ts';
import { zoneByTzid } from '../ical/timezone.ts';
import { CommandFailure, type Call } from './command.ts';
import { readPoint } from './instant.ts';

/** Who may do everything, as whoever runs the command can read the database anyway. */
export const ADMINISTRATOR: Actor = {
  id: asPrincipalId(''),
  admin: true,
  adminReadOnly: false,
  deviceId: undefined,
};

/** As whom it is kept: nobody who logged in. */
export const BY_COMMAND: Author = unnamed('restore');

/** Says what the calendar room answers to a wrong id as the command's own failure. */
export async function orFail<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof BadRequest ? new CommandFailure(error.message) : error;
  });
}

/** A date, which begins in the zone of the configuration, or a time; UTC milliseconds. Throws UsageError. */
export function instantOf(call: Call, text: string, option: string): number {
  const point = readPoint(text, option);
  if (point.kind === 'instant') return point.instant;
  // The configuration takes IANA zones only, and all of them are known.
  return zoneByTzid(call.config.timezone)?.toUtc(point.wall) ?? point.wall;
}

/** The number of a version. Throws CommandFailure. */
export function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new CommandFailure(`"${text}" is no version; \`history list\` tells them`);
  return Number(text);
}

/** Who, and with what, for people to read. */
export async function authorText(author: Author | undefined, names: DeviceNames): Promise<string> {
  if (author === undefined) return 'by the server';
  const { principalId, deviceId, origin } = author;
  const who = principalId === undefined ? '' : ` by ${principalId}`;
  if (deviceId === undefined) return `(${origin})${who}`;
  const name = (await names.of(author)) ?? '';
  return `(${origin})${who} with ${name === '' ? `device ${deviceId}` : name}`;
}

/** The same for programs. */
export const authorJson = (author: Author | undefined) => ({
  by: author?.principalId ?? null,
  device: author?.deviceId ?? null,
  origin: author?.origin ?? null,
});
