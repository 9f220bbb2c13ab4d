import { MINUTE } from '../../base/clock.ts';
import {
  answerInvitation,
  pageOpened,
  proposeTime,
  rememberPlace,
  type Answered,
} from '../../calendar/answer-invitation.ts';
import { isNonce } from '../../calendar/answer-nonce.ts';
import { languageOf } from '../../mail/text/languages.ts';
import { plainPage } from './frame.ts';
import { isFromHere } from './same-origin.ts';
import { filledAtFirst, filledFrom, readAnswer, readProposal } from './sent-form.ts';
import { namedZone, pathOf, show, showPage, zoneFor, type Visit } from './visit.ts';
import type { Done } from './words/words.ts';

/** In which time the limits of what is sent count. */
export const WITHIN = 10 * MINUTE;

/** What was sent from the page. */
export async function takeForm(visit: Visit, form: URLSearchParams): Promise<void> {
  const { ctx, context, token, speech } = visit;
  const { words } = speech;
  const back = pathOf(token);
  if (visit.isTooManyOfToken(token) || visit.isTooManyOfAddress(ctx.state.address)) {
    ctx.set('Retry-After', String(WITHIN / 1000));
    return show(ctx, speech, 429, plainPage(speech, words.busyTitle, words.busy, back));
  }
  if (!isFromHere(ctx)) return show(ctx, speech, 403, plainPage(speech, words.foreignTitle, words.foreign, back));
  const act = form.get('do');
  const isOwn = await isNonce(context, token, form.get('nonce') ?? '');
  if (act === 'opened') {
    ctx.status = isOwn ? 204 : 403;
    if (isOwn && !visit.isToldAgain(token)) await pageOpened(context, token, placeOf(form));
    return;
  }
  if (!isOwn) return showPage(visit, { form, faults: ['nonce'], status: 403 });
  return act === 'propose' ? takeProposal(visit, form) : takeAnswer(visit, form);
}

/** Where and how the visitor reads, as the page's script or a choice of his has told. */
const placeOf = (form: URLSearchParams) => ({
  zone: namedZone(form.get('here')) === undefined ? undefined : (form.get('here') ?? undefined),
  language: languageOf(form.get('language') ?? undefined),
});

async function takeAnswer(visit: Visit, form: URLSearchParams): Promise<void> {
  const { context, token, invitation } = visit;
  const filled = filledFrom(form, filledAtFirst(invitation, zoneFor(visit, form).zone, undefined));
  const read = readAnswer(filled, invitation);
  if (!('answer' in read)) return showPage(visit, { form, faults: read, status: 422 });
  return conclude(visit, form, { answered: await answerInvitation(context, token, read), done: 'answered' });
}

async function takeProposal(visit: Visit, form: URLSearchParams): Promise<void> {
  const { context, token, invitation } = visit;
  const { zone } = zoneFor(visit, form);
  const filled = filledFrom(form, filledAtFirst(invitation, zone, undefined));
  const read = readProposal(filled, invitation, zone);
  if (!('start' in read)) return showPage(visit, { form, faults: read, status: 422 });
  const asked = { ...read, toInstant: (wall: number) => zone.toUtc(wall) };
  return conclude(visit, form, { answered: await proposeTime(context, token, asked), done: 'proposed' });
}

/** Says what has come of it; by a page of its own address, so that to load it again sends nothing. */
async function conclude(
  visit: Visit,
  form: URLSearchParams,
  { answered, done }: { readonly answered: Answered; readonly done: Done },
): Promise<void> {
  const { ctx, context, token, invitation, speech } = visit;
  if (answered === 'refused') return showPage(visit, { form, faults: ['refused'], status: 409 });
  if (answered === 'unknown-day') return showPage(visit, { form, faults: ['day'], status: 422 });
  if (answered === 'done') await rememberPlace(context, invitation, placeOf(form));
  const query = new URLSearchParams();
  if (answered === 'done' || answered === 'same') query.set('done', answered === 'same' ? 'same' : done);
  const { zone, isChosenZone } = zoneFor(visit, form);
  if (isChosenZone) query.set('zone', zone.id);
  query.set('lang', speech.language);
  ctx.status = 303;
  ctx.set('Location', `${pathOf(token)}?${query.toString()}`);
}
