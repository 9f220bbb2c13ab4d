import { collectionWithId } from '../calendar/collections.ts';
import { listLinks, type Link } from '../calendar/links.ts';
import type { Collection } from '../calendar/model.ts';
import { requireOption } from './arguments.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR } from './command-line.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const linkList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'links to whose calendars: an id or address' },
    json: { doc: 'one JSON object a line' },
  },
  notes: 'Addresses are not told again: only their digests are kept.',
  async run(call) {
    const login = requireOption(call, 'user');
    await withContext(call, { create: false }, async (context) => {
      const { id: homeId } = await requireUser(context, login);
      const out = lineWriter(call.io.stdout);
      for (const link of await listLinks(context, ADMINISTRATOR, homeId)) {
        const place = await collectionWithId(context, link.collectionId);
        const told = jsonOf(link, place);
        await out.write(call.has('json') ? JSON.stringify(told) : textOf(link, place));
      }
      await out.end();
    });
    return 0;
  },
};

const instant = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

const jsonOf = (link: Link, place: Collection | undefined) => ({
  ...{ id: link.id, user: link.homeId, calendar: place?.uri ?? '', by: link.creatorId, name: link.name ?? null },
  ...{ published: link.token !== undefined, busyOnly: link.busyOnly, people: link.people },
  ...{ categories: link.categories ?? null, formats: link.formats ?? null },
  ...{ daysBack: link.daysBack ?? null, daysAhead: link.daysAhead ?? null },
  ...{ from: instant(link.from), until: instant(link.until) },
  ...{ password: link.passwordHash !== undefined, expiresAt: instant(link.expiresAt) },
  ...{ mostUses: link.mostUses ?? null, uses: link.uses, createdAt: instant(link.createdAt) },
});

function textOf(link: Link, place: Collection | undefined): string {
  const { categories, daysBack, daysAhead, from, until, formats, expiresAt, mostUses } = link;
  const days = (daysBack ?? daysAhead) === undefined ? [] : [`days -${daysBack ?? '…'} to +${daysAhead ?? '…'}`];
  const dates = (from ?? until) === undefined ? [] : [`${instant(from) ?? '…'} to ${instant(until) ?? '…'}`];
  const facts = [
    ...(link.token === undefined ? [] : ['published']),
    ...(link.busyOnly ? ['busy time only'] : []),
    ...(link.people ? ['with people'] : []),
    ...(categories === undefined ? [] : [`categories ${categories.join(', ')}`]),
    ...days,
    ...dates,
    ...(formats === undefined ? [] : [`as ${formats.join(', ')}`]),
    ...(link.passwordHash === undefined ? [] : ['password']),
    ...(expiresAt === undefined ? [] : [`expires ${instant(expiresAt) ?? ''}`]),
    ...(mostUses === undefined ? [] : [`used ${link.uses} of ${mostUses} times`]),
  ];
  const name = link.name === undefined ? '' : ` "${link.name}"`;
  return `${link.id}  ${place?.uri === '' ? 'all calendars' : (place?.uri ?? '')}${name}  ${facts.join('; ') || 'everything'}`;
}
