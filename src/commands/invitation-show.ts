import type { Command } from './command.ts';
import { personLines, plainAddress, recordJson, requireRecord } from './invitation-text.ts';
import { lineWriter } from './output.ts';
import { withContext } from './with-context.ts';

export const invitationShow: Command = {
  arguments: 'UID',
  positionals: [1, 1],
  options: {
    user: { value: 'U', doc: 'in whose calendars: an id or address; left out: its organizer' },
    json: { doc: 'as a JSON object' },
  },
  notes:
    'For each person: the answer, what became of the delivery, each message to people elsewhere and what its mail server\n' +
    'said, and what has happened since. Whether the answer page was opened only its script tells: `unknown` is not `no`.',
  async run(call) {
    const [uid = ''] = call.positionals;
    const record = await withContext(call, { create: false }, (context) => requireRecord(context, call, uid));
    const out = lineWriter(call.io.stdout);
    if (call.has('json')) await out.write(JSON.stringify(recordJson(record)));
    else {
      const { summary = '(without a title)', organizer, role, homeId, people } = record;
      const by = organizer === undefined ? `of ${homeId}` : `organized by ${plainAddress(organizer)}`;
      const isOver = role === 'none' ? ', no meeting any more' : '';
      await out.write(`${summary}  (${uid}, ${by}${isOver})`);
      for (const person of people) for (const line of personLines(person)) await out.write(line);
    }
    await out.end();
    return 0;
  },
};
