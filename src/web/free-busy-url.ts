import { BadRequest } from '../base/refusal.ts';
import { busyCollections } from '../calendar/busy-answers.ts';
import { homeOf } from '../calendar/collections.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { busyTimeOf } from '../calendar/free-busy.ts';
import type { Collection } from '../calendar/model.ts';
import { principalOfLogin } from '../calendar/principals.ts';
import { floatingZoneOf } from '../calendar/zone.ts';
import { writeFreeBusy } from '../ical/freebusy.ts';
import type { Zone } from '../ical/timezone.ts';
import type { Middleware } from '../http/state.ts';
import type { WebAnswer } from './answer.ts';
import { askedRange } from './asked-range.ts';
import { FREE_BUSY_DAYS } from './formats/free-busy.ts';
import { createInTurn } from './in-turn.ts';
import { refusedAsPlain, requireReading, send } from './send.ts';

type Context = Parameters<Middleware>[0];

/**
 * The free-busy URL of a person, room or resource, for programs that know no CalDAV: `/freebusy/NAME`, also with `.ifb`
 * or `.vfb`, where the name is an id or an address. Who may not read it (CALDAV:read-free-busy) and who asks
 * for nobody get the same 404. `start`, `end` and `period` as askedRange has them.
 */
export function freeBusyUrl(context: CalendarContext): Middleware {
  const inTurn = createInTurn(context.limits.linkAnswers);
  return async (ctx, next) => {
    if (!ctx.path.startsWith('/freebusy/')) return next();
    requireReading(ctx);
    const name = decoded(ctx.path.slice('/freebusy/'.length)).replace(/\.(?:ifb|vfb|ics)$/i, '');
    send(ctx, await inTurn(() => refusedAsPlain(answerFor(context, ctx, name))));
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new BadRequest('The path is not percent-encoded UTF-8', { cause });
  }
}

const notFound = (): BadRequest => new BadRequest('There is no free-busy here', { status: 404 });

async function answerFor(context: CalendarContext, ctx: Context, name: string): Promise<WebAnswer> {
  const { actor } = ctx.state;
  const owner = await principalOfLogin(context, name);
  // Who is not there costs a question too.
  const seen = await busyCollections(context, actor, owner?.id ?? '');
  if (owner === undefined || owner.kind === 'group' || seen === undefined) throw notFound();
  const now = context.clock();
  const zone = floatingZoneOf(context, await homeOf(context, owner.id), owner);
  const range = askedRange({ query: new URLSearchParams(ctx.querystring), now, zone, back: 0, days: FREE_BUSY_DAYS });
  const floatingOf = (each: Collection): Zone => floatingZoneOf(context, each, owner);
  const periods = await busyTimeOf(context, { collections: seen.collections, range, floatingOf });
  const [email] = owner.emails;
  const organizer = email === undefined ? `urn:uuid:${owner.guid}` : `mailto:${email}`;
  const text = { uid: `freebusy-${owner.id}`, method: 'PUBLISH', lines: [`ORGANIZER:${organizer}`] };
  return {
    contentType: 'text/calendar; charset=utf-8; method=PUBLISH; component=VFREEBUSY',
    body: writeFreeBusy(periods, range, now, text),
    state: writeFreeBusy(periods, range, 0, text),
    filename: 'freebusy.ifb',
  };
}
