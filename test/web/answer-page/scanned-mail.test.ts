import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { takeMail } from '../../../src/calendar/outgoing-mail.ts';
import { mailOf } from '../../../src/calendar/mail-of.ts';
import { composeMail } from '../../../src/mail/compose.ts';
import type { MailPolicy } from '../../../src/mail/outgoing.ts';
import type { DavServer } from '../../dav-server.ts';
import { visit } from '../link-server.ts';
import {
  attendeeLines,
  event,
  organizersObject,
  PEOPLE,
  post,
  put,
  rowsOf,
  startAnswerServer,
} from './answer-world.ts';

const PUBLIC = 'https://calendar.example.com';
const POLICY: MailPolicy = {
  ...{ from: 'calendar@example.com', bounce: 'bounces@example.com', domains: ['example.com'], organizer: 'auto' },
  dkim: undefined,
};

let server: DavServer;
beforeEach(async () => {
  const mail = { policy: POLICY, reply: 'reply@example.com', language: 'en', hold: 0, publicUrl: PUBLIC } as const;
  server = await startAnswerServer({ settings: { mail }, publicUrl: PUBLIC });
});
afterEach(() => server.close());

/** The links of the mail that goes out to the guest. */
async function mailedLinks(): Promise<readonly string[]> {
  const [leased] = await takeMail(server.context, { limit: 10 });
  const { octets } = await composeMail((await mailOf(server.context, leased!))!, POLICY);
  const { text = '', html } = await simpleParser(octets);
  const found = [text, String(html)].flatMap((each) => each.match(/https:\/\/[^\s"<>]+/g) ?? []);
  return [...new Set(found.map((each) => each.replaceAll('&amp;', '&')))];
}

test('a scanner that follows every link of a mail, with GET and with HEAD, answers nothing', async () => {
  await put(server, 'tea', event('tea', 'SEQUENCE:0', ...PEOPLE, 'SUMMARY:Tea'));
  const links = await mailedLinks();
  const own = links.filter((link) => link.startsWith(PUBLIC));
  expect(own.length).toBeGreaterThan(2);
  const before = await rowsOf(server);
  for (const method of ['GET', 'HEAD', 'GET']) {
    for (const link of own) {
      const page = await visit(server, link.slice(PUBLIC.length), { method });
      expect(page.status, link).toBe(200);
      // What a scanner finds on the page it follows, too; it does not send forms.
      for (const [, path] of page.text.matchAll(/(?:href|action)="(\/[^"]*)"/g)) await visit(server, path!, { method });
    }
  }
  expect(await rowsOf(server)).toBe(before);
  expect(attendeeLines(await organizersObject(server, 'tea'))[0]).not.toContain('PARTSTAT=');
});

test('each answer of the mail opens the page with it chosen, and is given there', async () => {
  await put(server, 'tea', event('tea', 'SEQUENCE:0', ...PEOPLE, 'SUMMARY:Tea'));
  const link = (await mailedLinks()).find((each) => each.includes('answer=tentative'))!;
  const { pathname, search } = new URL(link);
  expect((await visit(server, pathname + search)).text).toMatch(/id="answer-TENTATIVE"\s+required checked/);
  const token = pathname.split('/').at(-1)!;
  expect((await post(server, token, { answer: 'TENTATIVE' }, { Origin: PUBLIC })).status).toBe(303);
  expect(attendeeLines(await organizersObject(server, 'tea'))[0]).toContain('PARTSTAT=TENTATIVE');
});

test('a form from another origin than the public one is not taken', async () => {
  await put(server, 'tea', event('tea', 'SEQUENCE:0', ...PEOPLE));
  const { pathname } = new URL((await mailedLinks()).find((each) => each.startsWith(PUBLIC))!);
  const token = pathname.split('/').at(-1)!;
  const sent = await post(server, token, { answer: 'ACCEPTED' }, { Origin: new URL(server.url).origin });
  expect(sent.status).toBe(403);
});
