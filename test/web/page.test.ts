import { XMLParser } from 'fast-xml-parser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { escapeHtml, webAddress } from '../../src/web/html.ts';
import { escapeText } from '../../src/ical/text.ts';
import { startDavServer, type DavServer } from '../dav-server.ts';
import { link, store, visit } from './link-server.ts';

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ users: ['alice'] });
});
afterEach(() => server.close());

/** Security 10: what has run in others' pages. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style><script>alert(1)</script>',
  '<svg/onload=alert(1)>',
  '<!--',
  '&lt;script&gt;',
  '`onclick=alert(1)`',
  '\u202Egnp.exe',
];

describe('the page of a link', () => {
  test.each(HOSTILE)('shows %j as text, wherever it stands', async (text) => {
    const value = escapeText(text);
    await store(server, 'bad', [
      `SUMMARY:${value}`,
      `DESCRIPTION:${value}`,
      `LOCATION:${value}`,
      `CATEGORIES:${value}`,
    ]);
    const { token } = await link(server, { name: text });
    const { text: page } = await visit(server, `/link/${token}.html`);
    expect(page).not.toContain(text);
    expect(page).not.toMatch(/<script|<img|<svg/i);
    // Well-formed, so that nothing of it ends an element or an attribute of ours.
    const tags = [...page.matchAll(/<\/?([a-z0-9]+)[ >]/gi)].map(([, tag]) => tag!.toLowerCase());
    expect([...new Set(tags)].sort()).toEqual([
      'a',
      'b',
      'bdi',
      'body',
      'div',
      'h1',
      'h2',
      'head',
      'html',
      'li',
      'main',
      'meta',
      'nav',
      'p',
      'section',
      'span',
      'style',
      'time',
      'title',
      'ul',
    ]);
    const found = new XMLParser({ ignoreAttributes: false, htmlEntities: true, unpairedTags: ['meta'] }).parse(
      page.replace('<!DOCTYPE html>', ''),
    ) as { html: { body: { h1: { bdi: unknown } } } };
    expect(String(found.html.body.h1.bdi)).toBe(text.replaceAll('\u202E', ' ').trim());
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', 'file://host/x', 'https://user:pw@x.example/', '//x.example'])(
    'leads nobody to %s',
    async (url) => {
      await store(server, 'bad', ['SUMMARY:A', `URL:${url}`]);
      const { token } = await link(server);
      expect((await visit(server, `/link/${token}.html`)).text).not.toContain(`href="${url}`);
      expect(webAddress(url)).toBeUndefined();
    },
  );

  test('leads to a web page, and tells it nothing', async () => {
    await store(server, 'good', ['SUMMARY:A', 'URL:https://school.example/?a=1&b=2']);
    const { token } = await link(server);
    expect((await visit(server, `/link/${token}.html`)).text).toContain(
      '<a href="https://school.example/?a=1&#38;b=2" rel="noopener noreferrer nofollow">',
    );
  });

  test('runs nothing, loads nothing, and is framed and indexed by nobody', async () => {
    const { token } = await link(server);
    const { headers, text } = await visit(server, `/link/${token}.html`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]+='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    const style = /<style>([^]*?)<\/style>/.exec(text)![1]!;
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(style))).toString('base64');
    expect(policy).toContain(`'sha256-${digest}'`);
    expect(style).toContain('prefers-color-scheme: dark');
    expect(text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(text).not.toMatch(/<script|https?:/);
    expect([headers.get('x-robots-tag'), headers.get('referrer-policy'), headers.get('x-frame-options')]).toEqual([
      ...['noindex, nofollow', 'no-referrer', 'DENY'],
    ]);
  });

  test('has the days in the zone of the calendar, and what lasts several on each', async () => {
    await server.request('PROPPATCH', '/dav/calendars/alice/calendar/', {
      headers: { 'content-type': 'application/xml' },
      body: '<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop><C:calendar-timezone-id>Asia/Tokyo</C:calendar-timezone-id></D:prop></D:set></D:propertyupdate>',
    });
    await store(server, 'late', ['SUMMARY:Late', 'DTSTART:20260302T160000Z', 'DURATION:PT1H']);
    await store(server, 'trip', ['SUMMARY:Trip', 'DTSTART;VALUE=DATE:20260304', 'DTEND;VALUE=DATE:20260306']);
    await store(server, 'night', ['SUMMARY:Night', 'DTSTART:20260306T140000Z', 'DTEND:20260306T160000Z']);
    const { token } = await link(server);
    const { text } = await visit(server, `/link/${token}.html`);
    const days = [...text.matchAll(/<time datetime="([\d-]+)">[^]*?<\/section>/g)].map(([section, day]) => [
      day,
      ...[...section.matchAll(/class="time">([^<]*)<\/span><div><b><bdi>(\w+)/g)].map(
        ([, time, name]) => `${time} ${name}`,
      ),
    ]);
    expect(days).toEqual([
      ['2026-03-03', '01:00–02:00 Late'],
      ['2026-03-04', 'all day Trip'],
      ['2026-03-05', 'all day Trip'],
      ['2026-03-06', '23:00–… Night'],
      ['2026-03-07', '…–01:00 Night'],
    ]);
    expect(text).toContain('times of Asia/Tokyo');
  });

  test.each(['start=yesterday', 'start=2026-13-01', 'start=99999999', 'start=0001-01-01'])(
    '%s is 400',
    async (query) => {
      const { token } = await link(server);
      expect((await visit(server, `/link/${token}.html?${query}`)).status).toBe(400);
    },
  );
});

test('control characters are none in HTML', () => {
  expect(escapeHtml('a\u0000b\u001bc\nd\u2066e<&>"\'')).toBe('a b c\nd e&#60;&#38;&#62;&#34;&#39;');
});
