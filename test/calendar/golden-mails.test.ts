import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseGolden, runGolden, type GoldenMail } from './golden-mail.ts';

const FOLDER = new URL('../fixtures/imip/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.mail'));
const goldenOf = (name: string): GoldenMail => parseGolden(readFileSync(new URL(name, FOLDER)));

describe('mails as programs write them', () => {
  test('there are sixty and more, of ten programs', () => {
    expect(FILES.length).toBeGreaterThanOrEqual(60);
    const origins = new Set(FILES.map((name) => name.split('-')[0]));
    for (const origin of [
      'gmail',
      'outlook',
      'exchange',
      'apple',
      'proton',
      'fastmail',
      'nextcloud',
      'zimbra',
      'lotus',
    ])
      expect(origins).toContain(origin);
  });

  test.each(FILES)('%s', async (name) => {
    expect(await runGolden(goldenOf(name))).toEqual([]);
  });
});

describe('the runner finds what is not as it is told', () => {
  const ACCEPT = 'gmail-reply-tentative-local-guest.mail';
  const wrong = (name: string, change: (expected: readonly string[]) => readonly string[]) => {
    const golden = goldenOf(name);
    return runGolden({ ...golden, expected: change(golden.expected) });
  };

  test('another answer than is there', async () => {
    const found = await wrong(ACCEPT, (all) =>
      all.map((line) => line.replace('alice: PARTSTAT', 'alice: PARTSTAT').replace('TENTATIVE', 'ACCEPTED')),
    );
    expect(found.join()).toContain('it is TENTATIVE');
  });

  test('a copy that is changed and not named', async () => {
    const found = await wrong(ACCEPT, (all) => all.filter((line) => !line.startsWith('bob:')));
    expect(found.join()).toMatch(/bob calendar g3 .* is changed/);
  });

  test('a mail too many, and one that is not there', async () => {
    expect(
      (await wrong('fastmail-refresh.mail', (all) => all.filter((line) => !line.startsWith('told:')))).join(),
    ).toContain('told is [REQUEST to finn@fast.example]');
    expect((await wrong(ACCEPT, (all) => [...all, 'told: REQUEST to otto@contoso.example'])).join()).toContain(
      'told is []',
    );
  });

  test('something in the tray that is not named', async () => {
    const found = await wrong('gmail-request-none.mail', (all) => all.filter((line) => !line.includes('in tray')));
    expect(found.join()).toContain('tray is [bob: in tray REQUEST pending]');
  });

  test('a change where nothing may change, another time, reason, state, day, or record', async () => {
    expect(await wrong(ACCEPT, (all) => [...all, 'nothing changes'])).not.toEqual([]);
    const lines = [
      'bob: event at 20260101T000000Z',
      'reason contains green cheese',
      'state: refused',
      'alice: PARTSTAT of bea@gmail.example = TENTATIVE on 20270101T000000Z',
      'recorded: bounced bea@gmail.example',
      'bob: no event',
      'bob: cancelled',
      'bob: message REPLY x',
      'receipt: later',
      'bob: SUMMARY = Other',
    ];
    for (const line of lines.filter((each) => !each.includes('message'))) {
      expect((await wrong(ACCEPT, (all) => [...all, line])).join(), line).toContain(line);
    }
  });
});
