import { collectionWithId } from '../calendar/collections.ts';
import { setAsideOf, type SetAside } from '../calendar/set-aside.ts';
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
  notes: 'What no calendar can use is kept as it came, and no client sees it.',
  async run(call) {
    await withContext(call, { create: false }, async (context) => {
      const user = call.option('user');
      const homeId = user === undefined ? undefined : (await requireUser(context, user)).id;
      const out = lineWriter(call.io.stdout);
      for await (const item of setAsideOf(context, homeId)) {
        const calendar = (await collectionWithId(context, item.collectionId))?.uri ?? '';
        await out.write(call.has('json') ? jsonOf(item, calendar) : textOf(item, calendar));
      }
      await out.end();
    });
    return 0;
  },
};

function jsonOf({ id, homeId, reason, proposal, createdAt, octets }: SetAside, calendar: string): string {
  const at = new Date(createdAt).toISOString();
  return JSON.stringify({ id, user: homeId, calendar, reason, proposal, at, octets: octets.length });
}

function textOf({ id, homeId, reason, proposal }: SetAside, calendar: string): string {
  const repairs = proposal.length === 0 ? ['no repair is known'] : proposal.map((each) => `repair: ${each}`);
  return [`${id}  ${homeId}/${calendar}  ${reason}`, ...repairs.map((each) => `    ${each}`)].join('\n');
}
