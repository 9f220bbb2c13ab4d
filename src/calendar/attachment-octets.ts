import { createHash } from 'node:crypto';

import { HOUR } from '../base/clock.ts';
import { newId, type PrincipalId } from '../base/ids.ts';
import {
  chunkAt,
  completeAttachment,
  insertAttachment,
  insertChunk,
  pruneAttachments,
  removeAttachment,
  type Attachment,
} from '../store/attachments.ts';
import type { CalendarContext } from './context.ts';
import { requireAttachmentRoom } from './linked-attachments.ts';

/** Octets of one row: never more are one value, and writing one holds nobody up. */
const CHUNK = 256 * 1024;

/** What a client sends to be attached. */
export interface AttachmentContent {
  readonly filename: string;
  /** As it was sent. */
  readonly contentType: string;
  /** The octets as they come; read only as fast as they are stored. */
  readonly octets: AsyncIterable<Uint8Array>;
}

/**
 * Stores what comes piece by piece, each in a transaction of its own, so that no writer waits for a slow sender. Nobody
 * sees it before an object is written that names it; what comes to nothing is removed here, or after a crash by
 * forgetAttachments. Throws quota-not-exceeded.
 */
export async function receiveAttachment(
  context: CalendarContext,
  homeId: PrincipalId,
  { filename, contentType, octets }: AttachmentContent,
): Promise<Attachment> {
  const { store, clock } = context;
  const started = { ...{ id: newId(), homeId, filename, contentType }, size: 0, etag: '', createdAt: clock() };
  const lane = { lane: homeId };
  await store.write((tx) => insertAttachment(tx, started), lane);
  const hash = createHash('sha256');
  let size = 0;
  let place = 0;
  try {
    for await (const piece of inChunks(octets)) {
      hash.update(piece);
      size += piece.byteLength;
      const chunk = { place, octets: piece };
      await store.write(async (tx) => {
        await requireAttachmentRoom(context, tx, homeId, piece.byteLength);
        await insertChunk(tx, started, chunk);
      }, lane);
      place += 1;
    }
    const complete = { size, etag: hash.digest('base64url').slice(0, 27) };
    await store.write((tx) => completeAttachment(tx, started.id, complete), lane);
    return { ...started, ...complete };
  } catch (error) {
    await discardAttachment({ store }, started);
    throw error;
  }
}

/** Removes what nothing came to hold. */
export async function discardAttachment({ store }: Pick<CalendarContext, 'store'>, { id, homeId }: Attachment) {
  await store.write((tx) => removeAttachment(tx, id), { lane: homeId });
}

async function* inChunks(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const piece of octets) {
    for (let from = 0; from < piece.byteLength;) {
      const part = piece.subarray(from, from + CHUNK - size);
      waiting.push(part);
      size += part.byteLength;
      from += part.byteLength;
      if (size < CHUNK) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(waiting);
}

/** The octets of an attachment, piece by piece; each is read when the one before was taken. */
export async function* attachmentOctets({ store }: CalendarContext, id: string): AsyncGenerator<Uint8Array, void> {
  for (let place = 0; ; place += 1) {
    const octets = await chunkAt(store.db, id, place);
    if (octets === undefined) return;
    yield octets;
  }
}

/** Attachments looked at in one transaction: removing one may be removing hundreds of rows. */
const BATCH = 20;

/** Removes attachments that no object names and no kept version: yields how many, batch by batch. */
export async function* forgetAttachments({ store, clock }: CalendarContext): AsyncGenerator<number, void> {
  // What is younger may be of a request that is under way.
  const before = clock() - 24 * HOUR;
  for (let after: string | undefined = ''; after !== undefined;) {
    const from: string = after;
    const { next, removed } = await store.write((tx) => pruneAttachments(tx, { after: from, before, limit: BATCH }));
    after = next;
    yield removed;
  }
}
