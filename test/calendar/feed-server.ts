import { OutboundFailure, type OutboundRequest, type Fetch, type OutboundReason } from '../../src/net/fetch.ts';
import type { Outside } from '../../src/calendar/subscriptions.ts';

/** What the remote side of a test answers: iCalendar, an answer, or a failure. */
export type Reply =
  | string
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | { readonly fails: OutboundReason };

/** A remote server without a network: `reply` is what it answers next, `asked` what it was asked. */
export interface Remote extends Outside {
  reply: Reply | ((request: OutboundRequest) => Reply);
  readonly asked: OutboundRequest[];
}

export function createRemote(reply: Reply): Remote {
  const asked: OutboundRequest[] = [];
  const fetch: Fetch = async (request) => {
    asked.push(request);
    const answer = typeof remote.reply === 'function' ? remote.reply(request) : remote.reply;
    const { host } = new URL(request.url);
    if (typeof answer === 'object' && 'fails' in answer) {
      throw new OutboundFailure(answer.fails, { host, says: 'as the test wants it' });
    }
    const { status, headers = {}, body = '' } = typeof answer === 'string' ? { status: 200, body: answer } : answer;
    return {
      status,
      headers,
      url: request.url,
      body: (async function* () {
        yield Buffer.from(body);
      })(),
      close: () => undefined,
    };
  };
  const remote: Remote = { reply, asked, fetch, random: () => 0.5 };
  return remote;
}

/** A feed of components, each given as its lines. */
export const feed = (...components: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//Feed//EN', ...components, 'END:VCALENDAR', '']
    .join('\r\n')
    .replace(/\r?\n/g, '\r\n');

export const feedEvent = (uid: string, summary = uid, ...more: readonly string[]): string =>
  [
    'BEGIN:VEVENT',
    ...(uid === '' ? [] : [`UID:${uid}`]),
    'DTSTAMP:20260301T000000Z',
    'DTSTART:20260310T090000Z',
    'DURATION:PT1H',
    `SUMMARY:${summary}`,
    ...more,
    'END:VEVENT',
  ].join('\r\n');
