import { createDeviceNames } from '../calendar/device-names.ts';
import { holdsIn, type Hold } from '../calendar/guard-holds.ts';
import { uriOf } from '../calendar/history.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR } from './command-line.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const guardList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'only in their calendars: an id or address' },
    json: { doc: 'one JSON object a line' },
  },
  notes: 'Devices that deleted or rewrote much of a calendar at once: held, released or rolled back.',
  async run(call) {
    const login = call.option('user');
    await withContext(call, { create: false }, async (context) => {
      const homeId = login === undefined ? undefined : (await requireUser(context, login)).id;
      const names = createDeviceNames(context);
      const out = lineWriter(call.io.stdout);
      for (const hold of await holdsIn(context, ADMINISTRATOR, homeId)) {
        const calendar = `${hold.homeId}/${await uriOf(context, hold.collectionId)}`;
        const program = (await names.of(hold)) ?? null;
        await out.write(call.has('json') ? jsonOf(hold, calendar, program) : textOf(hold, calendar, program));
      }
      await out.end();
    });
    return 0;
  },
};

const iso = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

function jsonOf(hold: Hold, calendar: string, program: string | null): string {
  const { id, deviceId: device, principalId: by, objects, members } = hold;
  const times = { began: iso(hold.beganAt), held: iso(hold.heldAt), released: iso(hold.releasedAt) };
  return JSON.stringify({
    id,
    calendar,
    device,
    program,
    by,
    objects,
    members,
    ...times,
    rolledBack: iso(hold.rolledBackAt),
  });
}

function textOf(hold: Hold, calendar: string, program: string | null): string {
  const states = [
    hold.releasedAt === undefined ? 'held' : `released ${iso(hold.releasedAt)}`,
    ...(hold.rolledBackAt === undefined ? [] : [`rolled back ${iso(hold.rolledBackAt)}`]),
  ];
  const what = `${hold.objects} of ${hold.members} objects since ${iso(hold.beganAt)}`;
  const device = `${hold.principalId ?? '-'} with ${program ?? `device ${hold.deviceId}`}`;
  return `${hold.id}  ${iso(hold.heldAt)}  ${calendar}  ${what}  ${device}  ${states.join(', ')}`;
}
