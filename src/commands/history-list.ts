import { createDeviceNames, type DeviceNames } from '../calendar/device-names.ts';
import { historyOf, uriOf, type ObjectChange } from '../calendar/history.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { headAt } from '../calendar/get-objects.ts';
import type { Principal } from '../calendar/model.ts';
import type { ComponentDifference } from '../ical/diff.ts';
import { requireOption } from './arguments.ts';
import { CommandFailure, type Command } from './command.ts';
import { ADMINISTRATOR, authorJson, authorText, orFail } from './command-line.ts';
import { findCalendar } from './find-calendar.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const historyList: Command = {
  arguments: 'UID|CALENDAR/NAME',
  positionals: [1, 1],
  options: {
    user: { value: 'U', doc: 'in whose calendars: an id or address' },
    json: { doc: 'one JSON object a line' },
  },
  notes:
    'The changes of one object, the newest first, wherever in the calendars of the user it was. The number is the version\n' +
    'that it was until then: `history show` writes it out, `history restore` brings it back.',
  async run(call) {
    const login = requireOption(call, 'user');
    await withContext(call, { create: false }, async (context) => {
      const user = await requireUser(context, login);
      const uid = await uidOf(context, user, call.positionals[0] ?? '');
      const changes = await orFail(historyOf(context, ADMINISTRATOR, { homeId: user.id, uid }));
      if (changes.length === 0) throw new CommandFailure(`${user.id} has, and had, nothing with the UID ${uid}`);
      const out = lineWriter(call.io.stdout);
      const names = createDeviceNames(context);
      for (const change of changes) {
        const place = `${await uriOf(context, change.collectionId)}/${change.name}`;
        await out.write(call.has('json') ? jsonOf(change, place) : await textOf(change, place, names));
      }
      await out.end();
    });
    return 0;
  },
};

/** The UID of what is at CALENDAR/NAME now, or the argument itself. */
async function uidOf(context: CalendarContext, user: Principal, argument: string): Promise<string> {
  const [, calendar, name] = /^([^/]+)\/([^/]+)$/.exec(argument) ?? [];
  if (calendar === undefined || name === undefined) return argument;
  const collection = await findCalendar(context, user, calendar).catch((error: unknown) => {
    // A UID may have a slash.
    if (error instanceof CommandFailure) return undefined;
    throw error;
  });
  return (collection && (await headAt(context, collection, name)))?.uid ?? argument;
}

function jsonOf({ kind, at, by, uid, before, differences }: ObjectChange, place: string): string {
  const change = { version: before ?? null, at: new Date(at).toISOString(), kind, place, uid };
  return JSON.stringify({ ...change, ...authorJson(by), differences });
}

async function textOf(
  { kind, at, by, before, differences }: ObjectChange,
  place: string,
  names: DeviceNames,
): Promise<string> {
  const number = before === undefined ? '-' : String(before);
  const head = `${number.padStart(6)}  ${new Date(at).toISOString()}  ${kind}  ${place}  ${await authorText(by, names)}`;
  return [head, ...differences.flatMap(differenceLines)].join('\n');
}

function differenceLines({ component, key, kind, properties }: ComponentDifference): readonly string[] {
  const label = `${component} ${key}`.trimEnd();
  if (kind !== 'changed') return [`        ${kind} ${label}`];
  const lines = properties.flatMap((property) => [
    ...property.old.map((line) => `          - ${line}`),
    ...property.new.map((line) => `          + ${line}`),
  ]);
  return [`        ${label}`, ...lines];
}
