import type { CalendarContext } from '../calendar/context.ts';
import type { Collection, Principal } from '../calendar/model.ts';
import { unnamed } from '../calendar/author.ts';
import { changeShares } from '../calendar/share.ts';
import { answerShare } from '../calendar/share-answer.ts';
import { peopleAsked } from '../calendar/share-list.ts';
import { requireOption } from './arguments.ts';
import { CommandFailure, type Command } from './command.ts';
import { ADMINISTRATOR, orFail } from './command-line.ts';
import { findCalendar } from './find-calendar.ts';
import { LEVEL_NAMES, levelOf, requireSharee } from './share-terms.ts';
import { requireUser, withContext } from './with-context.ts';

export const shareAdd: Command = {
  arguments: 'CALENDAR SHAREE…',
  positionals: [2, Infinity],
  options: {
    user: { value: 'U', doc: 'whose calendar it is: an id or address' },
    level: { value: 'LEVEL', doc: `what the sharee may do: ${LEVEL_NAMES} (default read)` },
    summary: { value: 'TEXT', doc: 'what the calendar is called in the invitation' },
    accept: { doc: 'accept in the name of those who are invited, so that the calendar stands in their homes at once' },
  },
  notes: 'People and groups by id or address. Who has the calendar already gets the other level.',
  async run(call) {
    const login = requireOption(call, 'user');
    const access = levelOf(call.option('level') ?? 'read');
    const [name = '', ...names] = call.positionals;
    await withContext(call, { create: false }, async (context) => {
      const calendar = await findCalendar(context, await requireUser(context, login), name);
      const sharees: Principal[] = [];
      for (const each of names) sharees.push(await requireSharee(context, each));
      const terms = { access, summary: call.option('summary') };
      const asked = sharees.map((sharee) => ({ address: sharee.id, sharee, terms }));
      const request = { actor: ADMINISTRATOR, collection: calendar, asked, by: unnamed('provision') };
      const outcomes = await orFail(changeShares(context, request));
      const refused = outcomes.find(({ status }) => status === 403);
      if (refused !== undefined) throw new CommandFailure(`${refused.address}: ${refused.reason ?? 'refused'}`);
      for (const sharee of sharees)
        call.io.stdout.write(`${calendar.homeId}/${calendar.uri}  ${sharee.id}  ${access}\n`);
      if (call.has('accept')) for (const sharee of sharees) await acceptFor(context, calendar, sharee);
    });
    return 0;
  },
};

async function acceptFor(context: CalendarContext, calendar: Collection, sharee: Principal): Promise<void> {
  for (const { shareId, memberId: homeId } of await peopleAsked(context, calendar, sharee)) {
    const answer = {
      actor: ADMINISTRATOR,
      homeId,
      shareId,
      accepted: true,
      summary: undefined,
      by: unnamed('provision'),
    };
    await orFail(answerShare(context, answer));
  }
}
