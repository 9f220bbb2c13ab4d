import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCalendar } from '../../src/ical/parse.ts';
import { normal } from '../ical/normal-component.ts';
import { fromJcal, fromXcal } from '../ical/other-forms.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
const data = ['--data', folder.path('data')];
const anna = ['--user', 'anna', ...data];
afterAll(() => folder.remove());

const FILE = [
  ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN'],
  ...['BEGIN:VEVENT', 'UID:<1>', 'DTSTAMP:20260101T000000Z', 'DTSTART;TZID=Europe/Berlin:20260302T090000'],
  ...['RRULE:FREQ=WEEKLY;COUNT=3', 'SUMMARY;X-A="b;c":Grüße\\, & "mehr"', 'X-ODD;VALUE=X-KIND:a\\b'],
  ...['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:x', 'TRIGGER:-PT5M', 'END:VALARM', 'END:VEVENT'],
  ...['BEGIN:VEVENT', 'UID:2', 'DTSTAMP:20260101T000000Z', 'DTSTART;VALUE=DATE:20260303', 'END:VEVENT'],
  ...['END:VCALENDAR', ''],
].join('\r\n');

const exported = async (...args: readonly string[]): Promise<string> =>
  (await runCli(['export', ...anna, '--calendar', 'calendar', ...args])).stdout;

beforeAll(async () => {
  await runCli(['user', 'add', 'anna', ...data], { stdin: 'pw' });
  expect((await runCli(['import', '-', ...anna], { stdin: FILE })).stdout).toMatch(/^imported 2,/);
});

describe('export --format', () => {
  test('json is one jCal document (RFC 7265) of the same calendar', async () => {
    const json = await exported('--format', 'json');
    expect(JSON.parse(json)).toMatchObject(['vcalendar', expect.anything(), expect.anything()]);
    expect(normal(fromJcal(json))).toEqual(normal(parseCalendar(await exported())));
  });

  test('xml is one xCal document (RFC 6321) of the same calendar', async () => {
    const xml = await exported('--format', 'xml');
    expect(normal(fromXcal(xml))).toEqual(normal(parseCalendar(await exported('--format', 'ics'))));
  });

  test('with --out, each calendar has a file of that form, whole or not there', async () => {
    for (const form of ['json', 'xml']) {
      const out = folder.path(form);
      expect((await runCli(['export', ...anna, '--format', form, '--out', out])).code).toBe(0);
      expect(readdirSync(out).sort()).toEqual([`calendar.${form}`, `tasks.${form}`]);
      expect(readFileSync(`${out}/calendar.${form}`, 'utf8')).toBe(await exported('--format', form));
    }
  });

  test('several documents are never written into each other', async () => {
    const { code, stdout, stderr } = await runCli(['export', ...anna, '--format', 'xml']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--format xml: one document holds one calendar; name it with --calendar, or use --out');
  });

  test('another form is refused', async () => {
    const { code, stderr } = await runCli(['export', ...anna, '--format', 'csv']);
    expect(code).toBe(2);
    expect(stderr).toContain('--format: expected ics, json, xml, got "csv"');
  });
});
