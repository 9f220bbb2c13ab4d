import { XMLParser } from 'fast-xml-parser';
import type { Answer } from '../dav-client.ts';
import { CALENDAR_TYPE, ics, type DavServer } from '../dav-server.ts';

/** A question for busy time, as clients send it to an outbox (RFC 6638 §5). */
export interface BusyQuestion {
  readonly as?: string;
  /** Whose outbox, and who is the ORGANIZER: by default who asks. */
  readonly outbox?: string;
  readonly organizer?: string;
  readonly start?: string;
  readonly end?: string;
  readonly lines?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const mail = (user: string): string => `mailto:${user}@example.com`;

export function busyRequest(attendees: readonly string[], question: BusyQuestion = {}): string {
  const { as = 'alice', outbox = as, organizer = mail(outbox), lines = [] } = question;
  const { start = '20260302T000000Z', end = '20260304T000000Z' } = question;
  return ics(
    ...['METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:asked', 'DTSTAMP:20260301T000000Z', `DTSTART:${start}`],
    ...[`DTEND:${end}`, `ORGANIZER:${organizer}`, ...attendees.map((each) => `ATTENDEE:${each}`), ...lines],
    'END:VFREEBUSY',
  );
}

/** Sends a body to the outbox. */
export const post = (
  server: DavServer,
  body: string,
  { as = 'alice', outbox = as, headers }: BusyQuestion = {},
): Promise<Answer> =>
  server.request('POST', `/dav/calendars/${outbox}/outbox/`, { as, headers: headers ?? CALENDAR_TYPE, body });

export interface BusyResponse {
  readonly recipient: string;
  readonly status: string;
  /** CALDAV:calendar-data. */
  readonly data: string | undefined;
  readonly type: string | undefined;
  /** `FREEBUSY` lines behind the name. */
  readonly periods: readonly string[];
}

interface Raw {
  readonly recipient: { readonly href: string };
  readonly 'request-status': string;
  readonly 'calendar-data'?: string | { readonly '#text': string; readonly '@_content-type': string };
}

const parser = new XMLParser({
  ...{ removeNSPrefix: true, parseTagValue: false, trimValues: false, htmlEntities: true, ignoreAttributes: false },
  isArray: (name) => name === 'response',
});

/** The CALDAV:response elements of an answer, in their order. */
export function responsesIn({ status, body }: Answer): readonly BusyResponse[] {
  const text = body.toString();
  if (status !== 200) throw new Error(`${status}: ${text}`);
  const { 'schedule-response': root } = parser.parse(text) as {
    readonly 'schedule-response': { readonly response?: readonly Raw[] };
  };
  return (root.response ?? []).map((raw) => {
    const content = raw['calendar-data'];
    const data = typeof content === 'string' ? content : content?.['#text'];
    return {
      recipient: raw.recipient.href,
      status: raw['request-status'],
      data,
      type: typeof content === 'string' ? undefined : content?.['@_content-type'],
      periods: [...(data ?? '').matchAll(/^FREEBUSY(.*)\r$/gm)].map(([, line]) => line!),
    };
  });
}

export const ask = async (server: DavServer, attendees: readonly string[], question: BusyQuestion = {}) =>
  responsesIn(await post(server, busyRequest(attendees, question), question));

/** The periods of one person, and nothing but success. */
export async function periodsOf(server: DavServer, user: string, question: BusyQuestion = {}) {
  const [response] = await ask(server, [mail(user)], question);
  if (response?.status !== '2.0;Success') throw new Error(`${user}: ${response?.status}`);
  return response.periods;
}
