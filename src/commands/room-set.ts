import { unnamed } from '../calendar/author.ts';
import { setRoom, type RoomChange } from '../calendar/set-room.ts';
import { ROOM_MODES, type RoomMode } from '../scheduling/room-policy.ts';
import { CommandFailure, UsageError, type Call, type Command } from './command.ts';
import { orFail } from './command-line.ts';
import { readInput } from './input.ts';
import { requireRoom, roomText } from './room-text.ts';
import { withContext } from './with-context.ts';

const NONE = 'none';

export const roomSet: Command = {
  arguments: 'ROOM',
  positionals: [1, 1],
  options: {
    mode: { value: 'MODE', doc: `how it answers: ${ROOM_MODES.join(', ')}` },
    'accept-group': { value: 'GROUP', doc: 'the group whose members are accepted without question; none: no group' },
    capacity: { value: 'N', doc: 'how many people it holds; none: nobody says' },
    policy: { value: 'FILE', doc: 'what may be booked, in JSON; - is stdin. It replaces all that was said before' },
  },
  notes:
    'What is not named stays. Bookings that have their answer keep it. A policy:\n' +
    '{"hours": {"MO": [["08:00", "18:00"]]}, "longestMinutes": 240, "horizonDays": 90, "noticeMinutes": 30,\n' +
    ' "openBookings": 5, "bookers": {"people": ["alice"], "groups": ["staff"]}, "approvers": ["bob"],\n' +
    ' "series": true, "mostInstances": 52, "tentativeHolds": true}; each field may be left out, {} forbids nothing.',
  async run(call) {
    const [name = ''] = call.positionals;
    const change = await changeIn(call);
    const room = await withContext(call, { create: false }, async (context) => {
      const { id } = await requireRoom(context, name);
      return orFail(setRoom(context, { id, change, by: unnamed('provision') }));
    });
    call.io.stdout.write(`${roomText(room)}\n`);
    return 0;
  },
};

async function changeIn(call: Call): Promise<RoomChange> {
  const [mode, group, capacity] = ['mode', 'accept-group', 'capacity'].map((name) => call.option(name));
  const file = call.option('policy');
  if ([mode, group, capacity, file].every((each) => each === undefined)) {
    throw new UsageError('nothing is to be set: --mode, --accept-group, --capacity or --policy');
  }
  return {
    mode: mode === undefined ? undefined : modeIn(mode),
    autoAcceptGroup: group === NONE ? null : group,
    capacity: capacity === undefined ? undefined : capacity === NONE ? null : countIn(capacity),
    ...(file !== undefined && { policy: parsed(file, await readInput(call.io, file)) }),
  };
}

function modeIn(text: string): RoomMode {
  const mode = ROOM_MODES.find((each) => each === text);
  if (mode === undefined) throw new UsageError(`--mode is one of ${ROOM_MODES.join(', ')}`);
  return mode;
}

function countIn(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new UsageError('--capacity is a whole number, or none');
  return Number(text);
}

function parsed(file: string, octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets));
  } catch (cause) {
    throw new CommandFailure(`${file} is not JSON: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}
