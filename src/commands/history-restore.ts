import { restoreAsOf } from '../calendar/restore-collection.ts';
import { restoreObject } from '../calendar/restore-object.ts';
import { requireOption } from './arguments.ts';
import { UsageError, type Call, type Command } from './command.ts';
import { ADMINISTRATOR, BY_COMMAND, instantOf, orFail, versionNumber } from './command-line.ts';
import { findCalendar } from './find-calendar.ts';
import { restoredText } from './restored-text.ts';
import { requireUser, withContext } from './with-context.ts';

export const historyRestore: Command = {
  arguments: '[VERSION]',
  positionals: [0, 1],
  options: {
    user: { value: 'U', doc: 'with --at: whose calendar, an id or address' },
    calendar: { value: 'C', doc: 'with --at: the calendar, by the name in its address or its display name' },
    at: { value: 'TIME', doc: 'as of a date (2026-03-01) or a time (2026-03-01T09:00:00+01:00)' },
    uid: { value: 'UID', doc: 'with --at: only what has this UID' },
  },
  notes:
    'One version of an object, or a calendar as it was at a time. What came since then goes to the trash, what is the same is\n' +
    'not touched, and what it was until now is kept as a version. Clients get it with their next synchronisation.',
  run: (call) => (call.option('at') === undefined ? restoreOne(call) : restoreCalendar(call)),
};

async function restoreOne(call: Call): Promise<number> {
  const [text] = call.positionals;
  if (text === undefined) throw new UsageError('VERSION or --at is missing');
  const key = versionNumber(text);
  await withContext(call, { create: false }, async (context) => {
    const request = { actor: ADMINISTRATOR, key, by: BY_COMMAND };
    const { collection, name, isUnchanged } = await orFail(restoreObject(context, request));
    const verb = isUnchanged ? 'unchanged' : 'restored';
    call.io.stdout.write(`${verb} ${collection.homeId}/${collection.uri}/${name}\n`);
  });
  return 0;
}

async function restoreCalendar(call: Call): Promise<number> {
  if (call.positionals.length > 0) throw new UsageError('VERSION and --at exclude each other');
  const [login, name] = [requireOption(call, 'user'), requireOption(call, 'calendar')];
  const at = instantOf(call, requireOption(call, 'at'), 'at');
  return withContext(call, { create: false }, async (context) => {
    const collection = await findCalendar(context, await requireUser(context, login), name);
    const request = { actor: ADMINISTRATOR, collection, at, uid: call.option('uid'), by: BY_COMMAND };
    const restored = await orFail(restoreAsOf(context, request));
    return restoredText(call.io, restored);
  });
}
