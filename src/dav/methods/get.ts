import { Readable } from 'node:stream';

import { createTurns } from '../../base/turns.ts';
import { listObjects, withOctets } from '../../calendar/get-objects.ts';
import { mergeCalendars } from '../../ical/group.ts';
import { attachmentAnswer } from '../attachment.ts';
import { negotiated } from '../calendar-format.ts';
import { cardContentType, cardTag, cardText, versionTag } from '../card.ts';
import { negotiatedVersion } from '../card-negotiation.ts';
import { checkRead, notModified } from '../conditions.ts';
import { collectionTag, formatTag } from '../entity-tag.ts';
import { fileAnswer, isAmongFiles } from '../file.ts';
import { listingPage } from '../listing-page.ts';
import { calendarBody, represent, validatorsOf } from '../representation.ts';
import type { DavAnswer, DavRequest, Method } from '../method.ts';
import { withZonesAsked } from '../timezones-asked.ts';
import { isNotification, notificationAnswer } from '../notification.ts';
import { requireResource } from '../require-resource.ts';
import { ALL_KINDS, COLLECTION_KINDS, isKind, type Resource, type ResourceOf } from '../resource.ts';

/** Answers with private data: kept by nobody but the client, which must ask again (RFC 9111 §5.2.2). */
const PRIVATE = 'private, no-cache';
const CALENDAR_VARY = 'Accept, User-Agent, CalDAV-Timezones';

/**
 * GET and HEAD, RFC 9110 §9.3.1: an object's octets as they were sent; a calendar as one iCalendar file; either as jCal
 * (RFC 7265) or xCal (RFC 6321) where Accept says so; any other collection as a plain page for a person with a browser. Can raise: need-privileges, 404, 412.
 */
async function run(request: DavRequest): Promise<DavAnswer> {
  const resource = requireResource(request.target, 'read');
  if (resource.kind === 'object' && isAmongFiles(resource)) return fileAnswer(request, resource);
  if (resource.kind === 'object' && isNotification(resource)) return notificationAnswer(request, resource);
  if (resource.kind === 'object') return objectAnswer(request, resource);
  if (resource.kind === 'card') return cardAnswer(request, resource);
  if (resource.kind === 'attachment') return attachmentAnswer(request, resource);
  if (resource.kind === 'calendar' && !prefersPage(request)) return calendarAnswer(request, resource);
  return pageAnswer(request, resource);
}

async function pageAnswer(request: DavRequest, resource: Resource): Promise<DavAnswer> {
  const state = stateOf(request, resource);
  const headers = {
    ...(state === undefined ? {} : validatorsOf(state)),
    'Cache-Control': PRIVATE,
    Vary: 'Accept, User-Agent',
  };
  checkRead(request.headers, state ?? STATELESS);
  if (state !== undefined && notModified(request.headers, state)) return { status: 304, headers };
  const body = await listingPage(resource, request.context);
  return { status: 200, headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' }, body };
}

interface State {
  readonly etag: string;
  /** UTC milliseconds. */
  readonly modifiedAt: number;
}

const STATELESS = { etag: undefined, modifiedAt: undefined } as const;

/**
 * What the page of a collection is valid for; undefined for what has no state of its own. The page of a calendar is
 * not the file that GET of it is otherwise: a strong tag names one of them (RFC 9110 §8.8.1).
 */
function stateOf({ context }: DavRequest, resource: Resource): State | undefined {
  if (!isKind(resource, COLLECTION_KINDS)) return undefined;
  const { collection, kind } = resource;
  const tag = collectionTag(context.calendar, collection);
  return { etag: kind === 'calendar' ? `${tag}:page` : tag, modifiedAt: collection.modifiedAt };
}

async function objectAnswer(request: DavRequest, resource: ResourceOf<'object'>): Promise<DavAnswer> {
  const object = await withOctets(request.context.calendar, resource);
  const own = await represent(object, negotiated(request.headers.accept), request.preferences);
  const headers = { ...own.validators, 'Cache-Control': PRIVATE, Vary: 'Accept, CalDAV-Timezones' };
  const state = { ...object, etag: own.etag };
  checkRead(request.headers, state);
  if (notModified(request.headers, state)) return { status: 304, headers };
  return { status: 200, headers: { ...headers, ...own.content }, body: own.body };
}

/** RFC 6352 §5.1.1: a card in the version that the client would rather have. */
async function cardAnswer({ context, headers }: DavRequest, card: ResourceOf<'card'>): Promise<DavAnswer> {
  const version = negotiatedVersion(headers.accept);
  const etag = versionTag(cardTag(card.principal), version);
  const state = { etag, modifiedAt: undefined };
  const about = { ETag: `"${etag}"`, 'Cache-Control': PRIVATE, Vary: 'Accept' };
  checkRead(headers, state);
  if (notModified(headers, state)) return { status: 304, headers: about };
  const content = { 'Content-Type': cardContentType(version), 'Content-Disposition': 'attachment' };
  return { status: 200, headers: { ...about, ...content }, body: Buffer.from(await cardText(card, version, context)) };
}

async function calendarAnswer(request: DavRequest, resource: ResourceOf<'calendar'>): Promise<DavAnswer> {
  const { context, preferences } = request;
  const format = negotiated(request.headers.accept);
  const { form } = format;
  const tag = collectionTag(context.calendar, resource.collection);
  // Who sees times alone gets another file than who sees all of it.
  const etag = formatTag(resource.collection.isVeiled === true ? `${tag}:busy` : tag, form?.name);
  const state = { ...resource.collection, etag };
  const headers = { ...validatorsOf(state), 'Cache-Control': PRIVATE, Vary: CALENDAR_VARY };
  checkRead(request.headers, state);
  if (notModified(request.headers, state)) return { status: 304, headers };
  const file = mergeCalendars(() => octetsOf({ context, preferences }, resource), calendarNames(resource));
  const body = Readable.from(form === undefined ? file : form.stream(file), { objectMode: false });
  return { status: 200, headers: { ...headers, ...calendarBody(format) }, body };
}

/** Names for programs that subscribe to the file. */
function calendarNames({ collection }: ResourceOf<'calendar'>): { readonly name: string } {
  return { name: collection.displayname ?? collection.uri };
}

async function* octetsOf(
  { context: { calendar }, preferences }: Pick<DavRequest, 'context' | 'preferences'>,
  { collection }: ResourceOf<'calendar'>,
): AsyncGenerator<Uint8Array, void> {
  const turns = createTurns();
  for await (const page of listObjects(calendar, collection)) {
    for (const { octets } of page) {
      if (turns.isDue()) await turns.take();
      yield withZonesAsked(octets, preferences);
    }
  }
}

/** A browser names text/html; calendar programs name text/calendar, or anything, or nothing. */
function prefersPage({ headers }: DavRequest): boolean {
  if (headers.accept !== undefined && headers.accept !== '*/*') return headers.accept.includes('text/html');
  return /^Mozilla\b/.test(headers['user-agent'] ?? '') && !/Thunderbird/.test(headers['user-agent'] ?? '');
}

export const get: Method = { name: 'GET', on: ALL_KINDS, run };
/** RFC 9110 §9.3.2: as GET; the dispatcher leaves the body out. */
export const head: Method = { name: 'HEAD', on: ALL_KINDS, run };
