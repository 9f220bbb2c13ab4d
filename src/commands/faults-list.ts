import { faultyObjects, type FaultyObject } from '../calendar/faulty-objects.ts';
import type { Command } from './command.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const faultsList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'only what is theirs: an id or address' },
    json: { doc: 'one JSON object a line' },
  },
  notes:
    'What is stored stays in its calendar, and its clients see it; but time-ranges, free-busy and alarms leave it out.\n' +
    'What an import set aside is kept as it came, and no client sees it until it is repaired.',
  async run(call) {
    await withContext(call, { create: false }, async (context) => {
      const user = call.option('user');
      const homeId = user === undefined ? undefined : (await requireUser(context, user)).id;
      const out = lineWriter(call.io.stdout);
      for await (const item of faultyObjects(context, homeId)) {
        await out.write(call.has('json') ? jsonOf(item) : textOf(item));
      }
      await out.end();
    });
    return 0;
  },
};

function jsonOf({ kind, id, homeId, calendar, name, reason, proposal, since, octets }: FaultyObject): string {
  const at = new Date(since).toISOString();
  return JSON.stringify({ kind, id, user: homeId, calendar, name, reason, proposal, at, octets: octets.length });
}

function textOf({ kind, id, homeId, calendar, name, reason, proposal }: FaultyObject): string {
  const place = kind === 'stored' ? `stored  ${homeId}/${calendar}/${name}` : `set aside  ${homeId}/${calendar}`;
  const repairs = proposal.length === 0 ? ['no repair is known'] : proposal.map((each) => `repair: ${each}`);
  return [`${id}  ${place}  ${reason}`, ...repairs.map((each) => `    ${each}`)].join('\n');
}
