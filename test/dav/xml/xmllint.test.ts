import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { multistatusText } from '../../../src/dav/xml/multistatus.ts';
import { caldav, dav } from '../../../src/dav/xml/names.ts';
import { el, text } from '../../../src/dav/xml/write.ts';

const xmllint =
  (...args: readonly string[]) =>
  (input: string) =>
    spawnSync('xmllint', [...args, '-'], { input, encoding: 'utf8' });

const isThere = spawnSync('xmllint', ['--version']).error === undefined;

/** Everything that XML could trip over: mark-up, a CDATA end, control characters that XML has no word for, CR. */
const NASTY =
  'BEGIN:VCALENDAR\r\nSUMMARY:<b>&amp; ]]> "quoted" \'single\' \u{1F4C5} é\u0000\u000B\uFFFE\r\nEND:VCALENDAR\r\n';

const answer = multistatusText(
  [
    {
      href: '/dav/calendars/a&b/c%20d/',
      propstats: [{ status: 200, props: [el(caldav('calendar-data'), text(NASTY))] }],
    },
    { href: '/dav/calendars/a&b/gone.ics', status: 404, description: NASTY },
  ],
  el(dav('sync-token'), text('data:,1')),
);

// Without the program (Debian: libxml2-utils) this one judge is missing; CI installs it.
test.skipIf(!isThere)('a second parser, xmllint, takes a multistatus with nasty content', () => {
  const { status, stderr } = xmllint('--noout', '--nonet')(answer);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.skipIf(!isThere)('xmllint reads the carriage returns that were written', () => {
  const path = '//*[local-name()="calendar-data"]';
  const { stdout } = xmllint('--nonet', '--xpath', `string-length(substring-before(${path}, "SUMMARY"))`)(answer);
  expect(stdout.trim()).toBe(String('BEGIN:VCALENDAR\r\n'.length));
});
