import type { Readable } from 'node:stream';
import { MailParser, type AttachmentStream, type HeaderLines, type Headers } from 'mailparser';
import addressparser from 'nodemailer/lib/addressparser';
import { LIMITS } from '../base/limits.ts';
import type { CalendarPart, Mail, MailAddress } from './mail.ts';
import { isCalendarName, isCalendarType, toUtf8 } from './calendar-text.ts';
import { readReport, type ReportPart } from './report.ts';

/** A mail that is too large, too deep or too odd to be read; the message is a sentence for a person. */
export class MailFault extends Error {
  override readonly name = 'MailFault';
}

/** Bounds of a mail; see base/limits.ts. */
export interface MailBounds {
  readonly octets: number;
  /** Of messages within it, too: what nests is a part, so that it bounds the depth. */
  readonly parts: number;
}

const DEFAULT_BOUNDS: MailBounds = {
  octets: LIMITS.inboundMailOctets.default,
  parts: LIMITS.inboundMailParts.default,
};

/** The reader takes a turn of the event loop for each line. */
const MOST_LINES = 400_000;
/** Headers of one part. */
const MOST_HEAD = 128 * 1024;
/** A message within a message within a message: who forwards what was forwarded. */
const MOST_NESTED = 3;
/** One calendar, as long as what it becomes (resourceOctets), and all of a mail. */
const MOST_CALENDAR = 10 * 1024 * 1024;
/** What is kept of a text or of a report. */
const MOST_TEXT = 256 * 1024;
/** Of one header: what is longer is cut, but for From. */
const MOST_ADDRESSES = 8 * 1024;

const MEGABYTE = 1024 * 1024;

/**
 * Reads a mail as it came: who has sent it, and each part that is iCalendar, wherever it stands and however it is encoded.
 * Nothing else is decoded or kept, and no step takes long. The same calendar twice, as beside the text and attached, counts
 * once.
 *
 * @throws MailFault
 */
export async function readMail(octets: Uint8Array, bounds: MailBounds = DEFAULT_BOUNDS): Promise<Mail> {
  if (octets.length > bounds.octets)
    throw new MailFault(`the mail is larger than ${Math.floor(bounds.octets / MEGABYTE)} MiB`);
  requireFewLines(octets);
  const budget = { parts: bounds.parts, octets: bounds.octets, calendars: MOST_CALENDAR };
  const { headers, decodeWords, leaves } = await inTime(gather(octets, budget, 0));
  const value = (name: string): string => valuesOf(headers, name)[0] ?? '';
  const addresses = (name: string): readonly MailAddress[] =>
    valuesOf(headers, name).flatMap((text) => addressesIn(text, decodeWords));
  if (value('from').length > MOST_ADDRESSES) throw new MailFault('the From of the mail is too long');
  const report = readReport({
    contentType: (value('content-type').split(';')[0] ?? '').trim().toLowerCase(),
    failedRecipients: valuesOf(headers, 'x-failed-recipients'),
    parts: leaves.filter(({ depth }) => depth === 0),
  });
  return {
    messageId: idsIn(value('message-id'))[0],
    from: addresses('from'),
    sender: addresses('sender')[0],
    to: addresses('to'),
    subject: decodeWords(value('subject')),
    deliveredTo: TRACES.flatMap(addresses).map(({ address }) => address),
    references: [...new Set([...idsIn(value('in-reply-to')), ...idsIn(value('references'))])],
    isAutomatic: isAutomatic(value) || report !== undefined,
    // What a report gives back is what was sent from here.
    calendars: report === undefined ? distinct(leaves.flatMap(({ calendar }) => calendar ?? [])) : [],
    hasTnef: leaves.some(({ isTnef }) => isTnef),
    report,
  };
}

/** No mail takes as long: what reads it has stopped. */
const MOST_MS = 60_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new MailFault('the mail takes too long to be read')), MOST_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

const TRACES = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to'];

/** RFC 3834 §5, and what came before it. */
const isAutomatic = (value: (name: string) => string): boolean =>
  !/^(?:no\b.*)?$/i.test(value('auto-submitted').trim()) ||
  /^\s*(?:bulk|list|junk|auto_reply)\b/i.test(value('precedence')) ||
  ['list-id', 'x-autoreply', 'x-autorespond', 'x-auto-reply'].some((name) => value(name) !== '');

function requireFewLines(octets: Uint8Array): void {
  let lines = 0;
  for (let at = octets.indexOf(10); at >= 0; at = octets.indexOf(10, at + 1)) lines++;
  if (lines > MOST_LINES) throw new MailFault(`the mail has more than ${MOST_LINES} lines`);
}

interface Budget {
  parts: number;
  octets: number;
  calendars: number;
}

/** A part without parts, as far as it is of use here. */
interface Leaf extends ReportPart {
  /** 0: of the mail itself, 1: of a message within it. */
  readonly depth: number;
  readonly calendar: CalendarPart | undefined;
  readonly isTnef: boolean;
}

interface Gathered {
  readonly headers: HeaderLines;
  readonly decodeWords: (text: string) => string;
  readonly leaves: readonly Leaf[];
}

/** What mailparser has beside its types. */
interface Innards {
  /** The types whose octets it makes a text of; all others are told as attachments. */
  textTypes: readonly string[];
  readonly libmime: { decodeWords(text: string): string };
  /** Reads the headers of a part: of addresses, it takes half a second for the longest that are made to. */
  processHeaders(lines: HeaderLines): Headers;
}

/** `maxHeadSize` and `maxChildNodes` are of its splitter, and not in its types. */
const optionsFor = ({ parts }: Budget) => ({
  ...{ skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true },
  ...{ keepDeliveryStatus: true, ignoreEmbedded: true, maxHeadSize: MOST_HEAD, maxChildNodes: parts },
});

async function gather(octets: Uint8Array, budget: Budget, depth: number): Promise<Gathered> {
  const parser = new MailParser(optionsFor(budget));
  // Each part is read as it is by `leafOf`: texts would be decoded whole, and one named invite.ics be lost among them.
  const innards = parser as unknown as Innards;
  innards.textTypes = [];
  const processHeaders = innards.processHeaders.bind(parser);
  innards.processHeaders = (lines) => processHeaders(lines.filter(({ key }) => key.startsWith('content-')));
  const leaves: Leaf[] = [];
  let headers: HeaderLines = [];
  parser.on('headerLines', (lines: HeaderLines) => (headers = lines));
  const inner: Kept[] = [];
  // The last part may be read after the parser has ended.
  const reading: Promise<void>[] = [];
  const take = async (data: AttachmentStream): Promise<void> => {
    const kept = await keep(data, budget);
    leaves.push(leafOf(kept, depth));
    if (MESSAGES.has(kept.contentType)) inner.push(kept);
    data.release();
  };
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      parser.destroy();
      reject(faultOf(error));
    };
    parser.on('error', fail);
    parser.on('end', resolve);
    parser.on('data', (data: AttachmentStream | { readonly type: 'text' }) => {
      if (data.type !== 'attachment') return;
      const taken = take(data);
      taken.catch(fail);
      reading.push(taken);
    });
    parser.end(octets);
  });
  await Promise.all(reading);
  for (const { octets: message } of inner) {
    if (depth >= MOST_NESTED || message.length === 0) continue;
    leaves.push(...(await gather(message, budget, depth + 1)).leaves);
  }
  return { headers, leaves, decodeWords: (text) => decoded(innards, text) };
}

const faultOf = (error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EMAXLEN' ? new MailFault('the mail has too many parts, or headers that are too long') : error;
};

function decoded({ libmime }: Innards, text: string): string {
  try {
    return libmime.decodeWords(text);
  } catch {
    // An encoded word of a charset that nobody knows: it stays as it is.
    return text;
  }
}

const MESSAGES = new Set(['message/rfc822', 'message/global']);
const REPORTS = new Set([
  ...['message/delivery-status', 'message/global-delivery-status', 'text/rfc822-headers'],
  ...['message/rfc822-headers', 'message/global-headers', 'text/plain'],
]);

/** A part with as many of its octets as are of use. */
interface Kept {
  readonly contentType: string;
  readonly params: ReadonlyMap<string, string>;
  readonly filename: string | undefined;
  readonly octets: Buffer;
  readonly isCalendar: boolean;
}

async function keep(part: AttachmentStream, budget: Budget): Promise<Kept> {
  if (--budget.parts < 0) throw new MailFault('the mail has too many parts');
  const { contentType, params } = typeOf(part);
  const filename = part.filename?.trim();
  const isNamed = isCalendarType(contentType) || isCalendarName(filename);
  const chunks: Buffer[] = [];
  let [length, isCalendar] = [0, isNamed];
  for await (const chunk of part.content as Readable) {
    if (length === 0 && contentType === 'text/plain') isCalendar ||= BEGINS.test(chunk.toString('latin1', 0, 100));
    const most = isCalendar ? MOST_CALENDAR : mostOf(contentType, budget);
    if (length < most) chunks.push(chunk.subarray(0, most - length + 1));
    length += chunk.length;
    if (isCalendar && length > budget.calendars) throw new MailFault('a calendar in the mail is too large');
  }
  if (isCalendar) budget.calendars -= length;
  if (MESSAGES.has(contentType)) budget.octets -= length;
  if (budget.octets < 0) throw new MailFault('the messages within the mail are too large');
  return { contentType, params, filename, octets: Buffer.concat(chunks), isCalendar };
}

const BEGINS = /^(?:\xef\xbb\xbf)?\s*BEGIN:VCALENDAR/i;

const mostOf = (contentType: string, budget: Budget): number => {
  if (MESSAGES.has(contentType)) return budget.octets;
  return REPORTS.has(contentType) ? MOST_TEXT : 0;
};

interface ContentType {
  readonly contentType: string;
  readonly params: ReadonlyMap<string, string>;
}

function typeOf({ headers }: AttachmentStream): ContentType {
  const value = headers.get('content-type');
  if (value === undefined) return { contentType: 'text/plain', params: new Map() };
  if (typeof value === 'string' || !('params' in value)) return { contentType: '', params: new Map() };
  const params = Object.entries(value.params).map(([name, text]) => [name.toLowerCase(), text] as const);
  return { contentType: value.value.trim().toLowerCase(), params: new Map(params) };
}

function leafOf({ contentType, params, filename, octets, isCalendar }: Kept, depth: number): Leaf {
  const method = params.get('method')?.trim().toUpperCase();
  const text = isCalendar ? toUtf8(octets, params.get('charset')) : octets;
  return {
    ...{ contentType, octets: text, depth },
    calendar: isCalendar
      ? { contentType, method: method === '' ? undefined : method, filename, octets: text }
      : undefined,
    isTnef: TNEF.has(contentType) || filename?.toLowerCase() === 'winmail.dat',
  };
}

const TNEF = new Set(['application/ms-tnef', 'application/vnd.ms-tnef']);

/** Each calendar once: of two that say the same, the one with a method. */
function distinct(parts: readonly CalendarPart[]): readonly CalendarPart[] {
  const found = new Map<string, CalendarPart>();
  for (const part of parts) {
    const key = part.octets.toString('latin1').replaceAll('\r', '').trimEnd();
    const known = found.get(key);
    if (known === undefined || (known.method === undefined && part.method !== undefined)) found.set(key, part);
  }
  return [...found.values()];
}

/** The values of all headers of a name, unfolded. */
const valuesOf = (headers: HeaderLines, name: string): readonly string[] =>
  headers
    .filter(({ key }) => key === name)
    .map(({ line }) =>
      line
        .slice(line.indexOf(':') + 1)
        .replace(/\r?\n/g, '')
        .trim(),
    );

const addressesIn = (text: string, decodeWords: (text: string) => string): readonly MailAddress[] =>
  addressparser(text.slice(0, MOST_ADDRESSES), { flatten: true })
    .filter(({ address }) => address.includes('@'))
    .map(({ address, name }) => ({ address, name: decodeWords(name) }));

/** Message-IDs, without their angle brackets. */
const idsIn = (text: string): readonly string[] =>
  [...text.slice(0, MOST_ADDRESSES).matchAll(/<([^<>\s]{1,500})>/g)].map(([, id = '']) => id).slice(0, 200);
