import { HOUR } from '../../base/clock.ts';
import { BadRequest } from '../../base/refusal.ts';
import type { CalendarContext } from '../../calendar/context.ts';
import { openInvitation, type Invitation } from '../../calendar/open-invitation.ts';
import { readBody } from '../../http/body.ts';
import type { OpenMiddleware } from '../../http/state.ts';
import { createInTurn } from '../in-turn.ts';
import { calendarFile } from './add-to-calendar.ts';
import { ANSWER_HEADERS, plainPage } from './frame.ts';
import { speechOf, type Speech } from './language.ts';
import { PREFIX } from './place.ts';
import { takeForm, WITHIN } from './take-form.ts';
import { createTooMany } from './too-many.ts';
import { show, showPage, type Context, type Door, type Visit } from './visit.ts';

const PATH = /^\/invitation\/([0-9a-zA-Z]{26})(\/event\.ics)?$/;
/** Octets of a form that is sent: the longest comment, each character of which can take nine. */
const MOST_OCTETS = 64 * 1024;

/**
 * The page by which somebody elsewhere answers an invitation, without a log-in (docs/mail.md): `/invitation/TOKEN`, and beside
 * it the event as a file. GET and HEAD change nothing, whoever follows the links of a mail; what is sent has to come from the
 * page itself. Without an invitation it is one page for all reasons.
 */
export function answerPage(context: CalendarContext): OpenMiddleware {
  const { clock, limits } = context;
  const most = limits.answerRequests;
  const inTurn = createInTurn(limits.linkAnswers);
  const door: Door = {
    context,
    isTooManyOfToken: createTooMany(clock, { most, within: WITHIN }),
    isTooManyOfAddress: createTooMany(clock, { most: 4 * most, within: WITHIN }),
    isToldAgain: createTooMany(clock, { most: 1, within: HOUR }),
  };
  return async (ctx, next) => {
    if (!ctx.path.startsWith(PREFIX)) return next();
    ctx.set(ANSWER_HEADERS);
    const [, given, file] = PATH.exec(ctx.path) ?? [];
    // In one form, or what is counted by it could be counted by many.
    const token = given?.toLowerCase();
    const isPost = ctx.method === 'POST' && file === undefined;
    if (!isPost && ctx.method !== 'GET' && ctx.method !== 'HEAD') throw notAllowed(file === undefined);
    const form = isPost ? await formOf(ctx) : undefined;
    await inTurn(async () => {
      const invitation = token === undefined ? undefined : await openInvitation(context, token);
      const speech = speechFor(ctx, context, { invitation, form });
      if (token === undefined || invitation === undefined || invitation.state === 'over') {
        const { goneTitle, gone, overTitle, over } = speech.words;
        if (invitation === undefined) show(ctx, speech, 404, plainPage(speech, goneTitle, gone));
        else show(ctx, speech, 410, plainPage(speech, overTitle, over));
        return;
      }
      const visit: Visit = { ...door, ctx, token, invitation, speech };
      if (form !== undefined) await takeForm(visit, form);
      else if (file !== undefined) sendFile(visit);
      else await showPage(visit, {});
    });
  };
}

const notAllowed = (isPage: boolean): BadRequest =>
  new BadRequest('This can be read or answered, and nothing else', {
    status: 405,
    headers: { Allow: isPage ? 'GET, HEAD, POST' : 'GET, HEAD' },
  });

async function formOf(ctx: Context): Promise<URLSearchParams> {
  const body = await readBody(ctx.req, MOST_OCTETS, ctx.state.takeRoom);
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(ctx.get('Content-Type'))) {
    throw new BadRequest('An answer is sent as a form', { status: 415 });
  }
  return new URLSearchParams(Buffer.from(body).toString());
}

function speechFor(
  ctx: Context,
  { settings }: CalendarContext,
  { invitation, form }: { readonly invitation: Invitation | undefined; readonly form: URLSearchParams | undefined },
): Speech {
  const chosen = form?.get('language') ?? new URLSearchParams(ctx.querystring).get('lang') ?? undefined;
  const otherwise = settings.mail?.language ?? 'en';
  return speechOf({ chosen, accept: ctx.get('Accept-Language'), known: invitation?.language, otherwise });
}

function sendFile({ ctx, invitation }: Visit): void {
  ctx.set({
    'Content-Type': 'text/calendar; charset=utf-8; method=PUBLISH',
    'Content-Disposition': 'attachment; filename="event.ics"',
  });
  ctx.status = 200;
  ctx.body = calendarFile(invitation);
}
