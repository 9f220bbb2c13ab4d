import { makeNonce } from '../../calendar/answer-nonce.ts';
import type { CalendarContext } from '../../calendar/context.ts';
import type { Invitation } from '../../calendar/open-invitation.ts';
import { UTC, zoneByTzid, zoneNames, type Zone } from '../../ical/timezone.ts';
import type { OpenMiddleware } from '../../http/state.ts';
import type { Speech } from './language.ts';
import { answerPageOf } from './page.ts';
import { PREFIX } from './place.ts';
import { answerNamed, filledAtFirst, filledFrom } from './sent-form.ts';
import type { IsTooMany } from './too-many.ts';
import type { View } from './view.ts';
import type { Done, Fault } from './words/words.ts';

export type Context = Parameters<OpenMiddleware>[0];

/** What all visits share. */
export interface Door {
  readonly context: CalendarContext;
  readonly isTooManyOfToken: IsTooMany;
  readonly isTooManyOfAddress: IsTooMany;
  readonly isToldAgain: IsTooMany;
}

/** One request of somebody whose link opens. */
export interface Visit extends Door {
  readonly ctx: Context;
  readonly token: string;
  readonly invitation: Invitation;
  readonly speech: Speech;
}

export const pathOf = (token: string): string => `${PREFIX}${token}`;

/** Answers with a page. */
export function show(ctx: Context, { language }: Speech, status: number, page: string): void {
  ctx.status = status;
  ctx.set({ 'Content-Type': 'text/html; charset=utf-8', 'Content-Language': language, Vary: 'Accept-Language' });
  ctx.body = page;
}

const IANA: ReadonlySet<string> = new Set(['UTC', ...zoneNames()]);

/** A zone that a form or an address names; only names of IANA's count. */
export const namedZone = (id: string | null | undefined): Zone | undefined =>
  id !== null && id !== undefined && IANA.has(id) ? (id === 'UTC' ? UTC : zoneByTzid(id)) : undefined;

/** In which zone the visitor reads: as chosen, as known, else that of the event. */
export function zoneFor({ ctx, invitation }: Visit, form?: URLSearchParams): { zone: Zone; isChosenZone: boolean } {
  const id = form?.get('zone') ?? new URLSearchParams(ctx.querystring).get('zone');
  const tzid = invitation.event.properties.find(({ name }) => name === 'DTSTART')?.params.get('TZID')?.[0];
  const own = tzid === undefined ? undefined : invitation.copy.context.zones(tzid);
  // What was sent speaks of the zone that its page has shown, also where that is one of the event alone.
  const chosen = (form !== undefined && own?.id === id ? own : undefined) ?? namedZone(id);
  const isChosenZone = chosen !== undefined && (form === undefined || form.get('here') === id);
  return { zone: chosen ?? namedZone(invitation.zone) ?? own ?? invitation.floating, isChosenZone };
}

export interface Shown {
  readonly form?: URLSearchParams;
  readonly faults?: readonly Fault[];
  readonly status?: number;
}

const DONE: readonly Done[] = ['answered', 'same', 'proposed'];

/** The page of an invitation, with what was sent and what was wrong with it where it comes back. */
export async function showPage(visit: Visit, { form, faults = [], status = 200 }: Shown): Promise<void> {
  const { ctx, context, token, invitation, speech } = visit;
  const query = new URLSearchParams(ctx.querystring);
  const zoned = zoneFor(visit, form);
  const first = filledAtFirst(invitation, zoned.zone, answerNamed(query.get('answer')));
  const sent = form === undefined ? undefined : form.get('do') === 'propose' ? 'propose' : 'answer';
  const view: View = {
    ...{ invitation, speech, faults, sent, ...zoned },
    path: pathOf(token),
    nonce: (await makeNonce(context, token)) ?? '',
    filled: form === undefined ? first : filledFrom(form, first),
    isProposing: sent === 'propose' || (sent === undefined && query.get('answer') === 'counter'),
    done: DONE.find((each) => each === query.get('done')),
  };
  show(ctx, speech, status, answerPageOf(view));
}
