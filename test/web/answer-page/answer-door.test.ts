import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { DAY, HOUR } from '../../../src/base/clock.ts';
import { revokeTokens } from '../../../src/calendar/mail-tokens.ts';
import type { DavServer } from '../../dav-server.ts';
import { visit } from '../link-server.ts';
import {
  attendeeLines,
  DAILY,
  event,
  GUEST,
  invite,
  nonceIn,
  open,
  organizersObject,
  PEOPLE,
  post,
  put,
  rowsOf,
  startAnswerServer,
} from './answer-world.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startAnswerServer();
});
afterEach(() => server.close());

describe('the page', () => {
  test('shows the event, who invites, and the form', async () => {
    const token = await invite(server, 'tea', ['SUMMARY:Tea at five', 'LOCATION:Garden', 'DESCRIPTION:Bring a cup']);
    const page = await open(server, token);
    expect(page.status).toBe(200);
    for (const text of ['Tea at five', 'Alice invites you', 'Garden', 'Bring a cup', 'guest@example.org'])
      expect(page.text).toContain(text);
    expect(page.text).toMatch(/<form method="post" action="\/invitation\/[0-9a-z]{26}"/);
    expect(page.text).toMatch(/<html lang="en">/);
  });

  test('has the headers of a page that nobody frames, sniffs, keeps or finds', async () => {
    const page = await open(server, await invite(server, 'tea'));
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).not.toContain('unsafe');
    for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
      expect(policy).toContain(part);
    expect(policy).toMatch(/style-src 'sha256-[^']+'; script-src 'sha256-[^']+'/);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('x-robots-tag')).toContain('noindex');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.text).not.toMatch(/\son[a-z]+=|\sstyle=/i);
  });

  test('names no address but those on the same origin, of other calendars and of the event', async () => {
    const page = await visit(server, `/invitation/${await invite(server, 'tea')}`, {
      headers: { 'X-Forwarded-Host': 'evil.example' },
    });
    expect(page.text).not.toContain('evil.example');
    expect(page.text).not.toContain('127.0.0.1');
  });

  test.each([
    ['de-AT,de;q=0.9', 'de', 'Ihre Antwort'],
    ['fr', 'fr', 'Votre réponse'],
    ['es-MX', 'es', 'Su respuesta'],
    ['ja,en;q=0.5', 'en', 'Your answer'],
    ['', 'en', 'Your answer'],
  ])('speaks to who accepts %j in %s', async (accept, language, words) => {
    const page = await open(server, await invite(server, 'tea'), '', { 'Accept-Language': accept });
    expect(page.text).toContain(`<html lang="${language}">`);
    expect(page.text).toContain(words);
    expect(page.headers.get('content-language')).toBe(language);
  });

  test('speaks the language and tells the zone that were chosen', async () => {
    const token = await invite(server, 'tea', DAILY.slice(0, 2));
    const page = await open(server, token, '?lang=de&zone=America/New_York', { 'Accept-Language': 'fr' });
    expect(page.text).toContain('<html lang="de">');
    expect(page.text).toContain('04:00');
    expect(page.text).toContain('Zeit in America/New York');
    expect(page.text).toContain('10:00');
  });

  test('a zone or language that is none is not taken', async () => {
    const page = await open(server, await invite(server, 'tea', DAILY.slice(0, 2)), '?lang=%22%3E&zone=%3Cscript%3E');
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('"><script');
    expect(page.text).toContain('Europe/Berlin');
  });

  test.each([
    ['?answer=DECLINED', 'DECLINED'],
    ['?answer=accepted', 'ACCEPTED'],
    ['?answer=accept', 'ACCEPTED'],
    ['?answer=tentative', 'TENTATIVE'],
  ])('the answer of the link %s is chosen and not given', async (query, answer) => {
    const token = await invite(server, 'tea');
    const page = await open(server, token, query);
    expect(page.text).toMatch(new RegExp(`value="${answer}"\\s+id="answer-${answer}"\\s+required checked`));
    expect(attendeeLines(await organizersObject(server, 'tea'))[0]).not.toContain('PARTSTAT');
  });
});

test('the link for another time opens the form for it', async () => {
  const token = await invite(server, 'tea', DAILY.slice(0, 2));
  expect((await open(server, token)).text).not.toMatch(/id="propose" {2}open>/);
  expect((await open(server, token, '?answer=counter')).text).toMatch(/id="propose" {2}open>/);
});

describe('reading changes nothing', () => {
  test('GET and HEAD of every link of the page leave every row as it was', async () => {
    const token = await invite(server, 'tea', [...DAILY, 'SUMMARY:Tea']);
    const before = await rowsOf(server);
    const page = await open(server, token);
    const links = [...page.text.matchAll(/(?:href|action)="(\/[^"]*)"/g)].map(([, path]) => path!);
    const asked = ['', '?answer=ACCEPTED', '?answer=DECLINED&do=answer', '?do=opened', '?zone=Asia/Tokyo&lang=de'];
    const nonce = nonceIn(page);
    const paths = [...links, ...asked.map((query) => `/invitation/${token}${query}`)];
    paths.push(`/invitation/${token}?nonce=${nonce}&do=answer&answer=ACCEPTED`);
    for (const method of ['GET', 'HEAD']) {
      for (const path of paths) expect((await visit(server, path, { method })).status, path).toBe(200);
    }
    expect(links.length).toBeGreaterThan(2);
    expect(await rowsOf(server)).toBe(before);
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('%s is not one of its methods', async (method) => {
    const token = await invite(server, 'tea');
    const before = await rowsOf(server);
    const page = await visit(server, `/invitation/${token}`, { method });
    expect(page.status).toBe(405);
    expect(page.headers.get('allow')).toBe('GET, HEAD, POST');
    expect((await visit(server, `/invitation/${token}/event.ics`, { method: 'POST' })).status).toBe(405);
    expect(await rowsOf(server)).toBe(before);
  });
});

describe('a form counts', () => {
  test('with the nonce of its page', async () => {
    const token = await invite(server, 'tea');
    const page = await post(server, token, { answer: 'ACCEPTED' });
    expect(page.status).toBe(303);
    expect(page.headers.get('location')).toBe(`/invitation/${token}?done=answered&lang=en`);
    expect(attendeeLines(await organizersObject(server, 'tea'))[0]).toContain('PARTSTAT=ACCEPTED');
  });

  test.each(['', 'x', 'a.b.c'])('not with the nonce %j', async (nonce) => {
    const token = await invite(server, 'tea');
    const before = await rowsOf(server);
    const page = await post(server, token, { answer: 'ACCEPTED', nonce, comment: 'kept' });
    expect(page.status).toBe(403);
    expect(page.text).toContain('open for too long');
    expect(page.text).toContain('>\nkept</textarea>');
    expect(await rowsOf(server)).toBe(before);
  });

  test('not with the nonce of another invitation, a changed one, or one of yesterday', async () => {
    const token = await invite(server, 'tea', DAILY);
    const other = await invite(server, 'coffee');
    const nonce = nonceIn(await open(server, token));
    const before = await rowsOf(server);
    for (const bad of [nonceIn(await open(server, other)), `${nonce.slice(0, -2)}AA`, `zzzzzzzz${nonce.slice(8)}`])
      expect((await post(server, token, { answer: 'ACCEPTED', nonce: bad })).status, bad).toBe(403);
    server.time.now += 12 * HOUR;
    expect((await post(server, token, { answer: 'ACCEPTED', nonce })).status).toBe(403);
    expect(await rowsOf(server)).toBe(before);
    server.time.now -= 1;
    expect((await post(server, token, { answer: 'ACCEPTED', nonce })).status).toBe(303);
  });

  test.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'same-site' }],
    [{ Origin: 'https://evil.example' }],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }],
  ])('not from another web page: %j', async (headers) => {
    const token = await invite(server, 'tea');
    const before = await rowsOf(server);
    expect((await post(server, token, { answer: 'ACCEPTED' }, headers as Record<string, string>)).status).toBe(403);
    expect(await rowsOf(server)).toBe(before);
  });

  test.each([[{ 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }], [{ Origin: 'null' }]])(
    'from this page, as browsers tell it: %j',
    async (headers) => {
      const token = await invite(server, 'tea');
      expect((await post(server, token, { answer: 'ACCEPTED' }, headers as Record<string, string>)).status).toBe(303);
    },
  );

  test('not where it is too large, or no form', async () => {
    const token = await invite(server, 'tea');
    expect((await post(server, token, { comment: 'x'.repeat(70_000) })).status).toBe(413);
    const json = await visit(server, `/invitation/${token}`, {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': 'application/json' },
    });
    expect(json.status).toBe(415);
  });

  test('so often within ten minutes', async () => {
    await server.close();
    server = await startAnswerServer({ limits: { answerRequests: 3 } });
    const token = await invite(server, 'tea');
    const nonce = nonceIn(await open(server, token));
    for (let at = 0; at < 3; at++) expect((await post(server, token, { answer: 'ACCEPTED', nonce })).status).toBe(303);
    const page = await post(server, token, { answer: 'DECLINED', nonce });
    expect(page.status).toBe(429);
    expect(page.headers.get('retry-after')).toBe('600');
    expect((await post(server, token.toUpperCase(), { answer: 'DECLINED', nonce })).status).toBe(429);
    expect((await post(server, await invite(server, 'coffee'), { answer: 'ACCEPTED' })).status).toBe(303);
    server.time.now += 600_000;
    expect((await post(server, token, { answer: 'DECLINED', nonce })).status).toBe(303);
  });
});

describe('a link that leads nowhere', () => {
  const GONE = 'This link does not work';

  test('is the same page for a token that is unknown, revoked, of who is not invited any more, or of what is deleted', async () => {
    const tokens = { revoked: '', uninvited: '', deleted: '' };
    for (const uid of Object.keys(tokens) as (keyof typeof tokens)[]) tokens[uid] = await invite(server, uid);
    await server.context.store.write((tx) => revokeTokens(tx, { homeId: 'alice', uid: 'revoked', recipient: GUEST }));
    await put(server, 'uninvited', event('uninvited', 'SEQUENCE:1', ...PEOPLE.slice(0, 2)));
    await server.request('DELETE', '/dav/calendars/alice/calendar/deleted.ics');
    const unknown = await visit(server, `/invitation/${'0'.repeat(26)}`);
    expect(unknown.status).toBe(404);
    expect(unknown.text).toContain(GONE);
    for (const token of Object.values(tokens)) {
      const page = await open(server, token);
      expect([page.status, page.text]).toEqual([404, unknown.text]);
      const sent = await post(server, token, { answer: 'ACCEPTED', nonce: 'x' });
      expect([sent.status, sent.text]).toEqual([404, unknown.text]);
      expect((await visit(server, `/invitation/${token}/event.ics`)).text).toBe(unknown.text);
    }
  });

  test.each(['/invitation/', '/invitation/short', `/invitation/${'0'.repeat(26)}/other`])(
    '%s is that, too',
    async (path) => {
      const page = await visit(server, path);
      expect([page.status, page.headers.get('cache-control')]).toEqual([404, 'no-store']);
      expect(page.text).toContain(GONE);
    },
  );

  test('ends a day after the last of its days, and shows nothing any more', async () => {
    const token = await invite(server, 'tea', [...DAILY, 'SUMMARY:Secret tea']);
    const end = Date.UTC(2026, 2, 6, 10);
    server.time.now = end + DAY - 1;
    expect((await post(server, token, { answer: 'ACCEPTED' })).status).toBe(303);
    server.time.now = end + DAY;
    for (const path of ['', '/event.ics']) {
      const page = await visit(server, `/invitation/${token}${path}`);
      expect(page.status).toBe(410);
      expect(page.text).not.toContain('Secret');
    }
    expect((await post(server, token, { answer: 'ACCEPTED', nonce: 'x' })).status).toBe(410);
  });

  test('of what is cancelled shows that, and takes no answer', async () => {
    const token = await invite(server, 'tea', ['SUMMARY:Tea']);
    const nonce = nonceIn(await open(server, token));
    await put(server, 'tea', event('tea', 'SEQUENCE:1', ...PEOPLE, 'STATUS:CANCELLED'));
    const page = await open(server, token);
    expect(page.text).toContain('cancelled by the organizer');
    expect(page.text).not.toContain('<form method="post"');
    const sent = await post(server, token, { answer: 'ACCEPTED', nonce });
    expect(sent.status).toBe(303);
    expect(sent.headers.get('location')).not.toContain('done');
    expect(attendeeLines(await organizersObject(server, 'tea'))[0]).not.toContain('PARTSTAT=ACCEPTED');
  });
});

describe('that the page was opened', () => {
  const opened = async (): Promise<number> =>
    (await server.context.store.db.selectFrom('mail_events').selectAll().where('what', '=', 'opened').execute()).length;

  test('is told by its script, with its nonce, once an hour, and says nothing of the invitation', async () => {
    const token = await invite(server, 'tea');
    const object = await organizersObject(server, 'tea');
    const page = await post(server, token, { do: 'opened', here: 'Asia/Tokyo', language: 'de' });
    expect(page.status).toBe(204);
    expect((await post(server, token, { do: 'opened' })).status).toBe(204);
    expect(await opened()).toBe(1);
    expect(await organizersObject(server, 'tea')).toBe(object);
    expect((await open(server, token)).text).toContain('Zeit in Asia/Tokyo');
    expect((await post(server, token, { do: 'opened', nonce: 'x' })).status).toBe(403);
  });

  test('keeps no zone that is none', async () => {
    const token = await invite(server, 'tea');
    await post(server, token, { do: 'opened', here: 'Mars/Olympus', language: 'xx' });
    const rows = await server.context.store.db.selectFrom('mailed_invitations').selectAll().execute();
    expect(rows.map(({ zone, language }) => [zone, language])).toEqual([[null, null]]);
  });
});
