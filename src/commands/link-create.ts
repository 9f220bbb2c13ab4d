import type { Actor } from '../auth/actor.ts';
import { unnamed } from '../calendar/author.ts';
import { homeOf } from '../calendar/collections.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { LINK_FORMATS, type AskedScope } from '../calendar/link-scope.ts';
import { createLink } from '../calendar/links.ts';
import type { Principal } from '../calendar/model.ts';
import { requireOption } from './arguments.ts';
import { UsageError, type Call, type Command } from './command.ts';
import { instantOf, orFail } from './command-line.ts';
import { findCalendar } from './find-calendar.ts';
import { newPassword } from './prompt.ts';
import { requireUser, withContext } from './with-context.ts';

export const linkCreate: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'whose calendars: an id or address' },
    calendar: { value: 'C', doc: 'one calendar, by the name in its address or its display name (all)' },
    name: { value: 'TEXT', doc: "what it is called (the calendar's name)" },
    categories: { value: 'A,B', doc: 'only events that have one of these' },
    'busy-only': { doc: 'only when somebody is busy, nothing of why' },
    people: { doc: 'with organizers and attendees' },
    back: { value: 'DAYS', doc: 'only so many days before the present one' },
    ahead: { value: 'DAYS', doc: 'only so many days after the present one' },
    from: { value: 'TIME', doc: 'only from this date or time on' },
    until: { value: 'TIME', doc: 'only before this date or time' },
    formats: { value: 'A,B', doc: `only as ${LINK_FORMATS.join(', ')} (all)` },
    password: { doc: 'with a password: typed on a terminal, else the first line of stdin' },
    expires: { value: 'TIME', doc: 'opens nothing from this date or time on' },
    uses: { value: 'N', doc: 'answers so often' },
  },
  notes:
    'Whoever knows the address sees what the link shows: it is told here and never again. `link revoke` ends it at once.',
  async run(call) {
    const login = requireOption(call, 'user');
    const scope = scopeOf(call);
    const { id, token } = await withContext(call, { create: false }, (context) => create(call, context, login, scope));
    const suffixes = scope.formats ?? LINK_FORMATS;
    const urls = suffixes.map((suffix) => `${call.config.publicUrl ?? ''}/link/${token}.${suffix}\n`);
    call.io.stdout.write(`created link ${id}\n${urls.join('')}`);
    if (call.config.publicUrl === undefined) {
      call.io.stderr.write('publicUrl is not set: put the address of the server before it\n');
    }
    return 0;
  },
};

async function create(
  call: Call,
  context: CalendarContext,
  login: string,
  scope: AskedScope,
): Promise<{ readonly id: string; readonly token: string }> {
  const user = await requireUser(context, login);
  const name = call.option('calendar');
  const collection = name === undefined ? await homeOf(context, user.id) : await findCalendar(context, user, name);
  const password = call.has('password') ? await newPassword(call.io, { fromStdin: false }) : undefined;
  const actor = actorOf(user);
  const { link, token } = await orFail(
    createLink(context, { actor, collection, scope, password, by: unnamed('provision') }),
  );
  return { id: link.id, token };
}

const actorOf = ({ id, admin, adminReadOnly }: Principal): Actor => ({ id, admin, adminReadOnly, deviceId: undefined });

function scopeOf(call: Call): AskedScope {
  const list = (name: string): readonly string[] | undefined =>
    call
      .option(name)
      ?.split(',')
      .map((each) => each.trim());
  const instant = (name: string): number | undefined => {
    const text = call.option(name);
    return text === undefined ? undefined : instantOf(call, text, name);
  };
  return {
    ...{ name: call.option('name'), categories: list('categories'), formats: list('formats') },
    ...{ busyOnly: call.has('busy-only'), people: call.has('people') },
    ...{ daysBack: number(call, 'back'), daysAhead: number(call, 'ahead') },
    ...{ from: instant('from'), until: instant('until') },
    ...{ expiresAt: instant('expires'), mostUses: number(call, 'uses') },
  };
}

function number(call: Call, name: string): number | undefined {
  const text = call.option(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,12}$/.test(text)) throw new UsageError(`--${name}: expected a whole number, got "${text}"`);
  return Number(text);
}
