import { parseBasic } from '../auth/basic.ts';
import type { Passwords } from '../auth/passwords.ts';
import { createVerifiedCredentials, type VerifiedCredentials } from '../auth/verified-credentials.ts';
import { asPrincipalId } from '../base/ids.ts';
import { BadRequest } from '../base/refusal.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { zoneOfLink } from '../calendar/link-content.ts';
import { isLinkFormat, LINK_FORMATS, type LinkFormat } from '../calendar/link-scope.ts';
import { windowOf } from '../calendar/link-window.ts';
import { countUse, linkPassword, openLink, type OpenLink } from '../calendar/links.ts';
import { createBodyRoom } from '../http/body-room.ts';
import type { OpenMiddleware } from '../http/state.ts';
import type { LinkRequest, WebAnswer } from './answer.ts';
import { freeBusyForm } from './formats/free-busy.ts';
import { icalendarForm } from './formats/icalendar.ts';
import { jsonForm } from './formats/json.ts';
import { pageForm } from './formats/page.ts';
import { createInTurn, tooBusy } from './in-turn.ts';
import { createKnownTags, stateOf } from './known-tags.ts';
import { isKnown, PUBLIC_HEADERS, refusedAsPlain, requireReading, send, sendUnchanged, tagOf } from './send.ts';

const FORMS: Readonly<Record<LinkFormat, (request: LinkRequest) => Promise<WebAnswer>>> = {
  ics: icalendarForm,
  json: jsonForm,
  ifb: freeBusyForm,
  html: pageForm,
};

/** Another realm than that of people, so that no browser sends their password here. */
const CHALLENGE = 'Basic realm="Kalends link", charset="UTF-8"';
/** Where links are. */
export const LINK_PREFIX = '/link/';

type Context = Parameters<OpenMiddleware>[0];

/**
 * Scoped links (docs/links.md): `/link/TOKEN` with `.ics`, `.json`, `.ifb`, `.html`, or what Accept asks for. One that is
 * unknown, revoked, expired, used up, or whose maker lost the right, is the same 404; each request looks anew.
 */
export function links(context: CalendarContext, passwords: Passwords): OpenMiddleware {
  const { clock, limits } = context;
  const credentials = createVerifiedCredentials({
    passwords,
    clock,
    // The log-in is the id of the link, whatever name was typed.
    async lookup(id) {
      const passwordHash = await linkPassword(context, id);
      return { principalId: asPrincipalId(id), passwordHash, admin: false, adminReadOnly: false, version: 0 };
    },
  });
  const inTurn = createInTurn(limits.linkAnswers);
  const tags = createKnownTags(clock);
  // What slow readers have not taken yet stays in memory: of all of them together, so much.
  const roomFor = createBodyRoom(8 * limits.linkOctets);
  return async (ctx, next) => {
    const { path } = ctx;
    if (!path.startsWith(LINK_PREFIX)) return next();
    ctx.set(PUBLIC_HEADERS);
    requireReading(ctx);
    const { token, suffix } = addressOf(path);
    const open = await openLink(context, token);
    if (open === undefined) throw notFound();
    const format = formatOf(ctx, open, suffix);
    if (!(await isLetIn(ctx, open, credentials))) {
      ctx.set({ 'WWW-Authenticate': CHALLENGE, 'Content-Type': 'text/plain; charset=utf-8' });
      ctx.status = 401;
      ctx.body = 'This link has a password. Any user name will do.\n';
      return;
    }
    const request = requestOf(context, open, ctx);
    const state = stateOf(request, format);
    const known = ctx.get('If-None-Match') || undefined;
    const before = tags.get(state);
    if (before !== undefined && isKnown(known, before)) {
      sendUnchanged(ctx, before);
      return;
    }
    const answer = await inTurn(() => refusedAsPlain(FORMS[format](request)));
    const tag = tagOf(answer);
    tags.set(state, tag);
    const isCounted = ctx.method === 'GET' && !isKnown(known, tag);
    if (!roomFor(ctx.res)(answer.body.length)) throw tooBusy();
    if (isCounted && !(await countUse(context, open.link))) throw notFound();
    send(ctx, answer);
  };
}

const notFound = (): BadRequest => new BadRequest('There is no such link', { status: 404 });

function addressOf(path: string): { readonly token: string; readonly suffix: string } {
  const [, token, suffix = ''] = /^\/link\/([0-9a-z]{26})(?:\.([a-z]+))?$/.exec(path) ?? [];
  if (token === undefined) throw notFound();
  return { token, suffix };
}

/**
 * A browser names text/html; calendar programs name text/calendar, or anything, or nothing. Without a suffix, a link that
 * has not what is wanted answers with what it has.
 */
function formatOf(ctx: Context, { link: { formats = LINK_FORMATS } }: OpenLink, suffix: string): LinkFormat {
  const accept = ctx.get('Accept');
  const wanted = accept.includes('text/html') ? 'html' : accept.includes('application/json') ? 'json' : 'ics';
  const format = suffix !== '' ? suffix : formats.includes(wanted) ? wanted : formats[0];
  if (format === undefined || !isLinkFormat(format) || !formats.includes(format)) throw notFound();
  return format;
}

async function isLetIn(
  ctx: Context,
  { link }: OpenLink,
  credentials: Pick<VerifiedCredentials, 'verify'>,
): Promise<boolean> {
  if (link.passwordHash === undefined) return true;
  const given = parseBasic(ctx.req.headers.authorization, { nameless: true });
  if (given === undefined) return false;
  return (await credentials.verify({ login: link.id, password: given.password }, ctx.state.address)) !== undefined;
}

function requestOf(context: CalendarContext, open: OpenLink, ctx: Context): LinkRequest {
  const now = context.clock();
  const zone = zoneOfLink(context, open);
  return {
    context,
    open,
    now,
    zone,
    window: windowOf(open.link, now, zone),
    query: new URLSearchParams(ctx.querystring),
  };
}
