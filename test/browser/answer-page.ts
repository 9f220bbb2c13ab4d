import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { DAY } from '../../src/base/clock.ts';
import type { DavServer } from '../dav-server.ts';
import {
  attendeeLines,
  event,
  ics,
  invite,
  inviteTo,
  organizersObject,
  PEOPLE,
  put,
  startAnswerServer,
} from '../web/answer-page/answer-world.ts';
import { faultsOf, launch, MISSING, pageOf, shoot } from './browser.ts';

if (MISSING !== undefined) console.warn(`The answer page is not tried in a browser: ${MISSING}`);

let browser: Browser;
let server: DavServer;

const TEXT = [
  'SUMMARY:Quarterly planning',
  'LOCATION:Room 4\\, Harbour Street 12\\, Hamburg',
  'DESCRIPTION:Agenda: https://example.org/agenda\\n1. Budget\\n2. People\\n\\nPlease bring your figures.',
];
const WHEN = ['DTSTART;TZID=Europe/Berlin:20260305T140000', 'DURATION:PT1H30M'];
const MORE = ['ATTENDEE;CN=Bea Brandt;PARTSTAT=ACCEPTED:mailto:bea@example.net', 'ATTENDEE:mailto:carl@example.net'];
const WEEKLY = [...WHEN, 'RRULE:FREQ=WEEKLY;COUNT=6'];

/** The pages that there are, by what they are of. */
const STATES: Readonly<Record<string, () => Promise<string>>> = {
  event: async () => address(await invite(server, 'event', [...TEXT, ...WHEN, ...MORE])),
  preselected: async () => `${address(await invite(server, 'event', [...TEXT, ...WHEN]))}?answer=TENTATIVE`,
  series: async () => address(await invite(server, 'series', [...TEXT, ...WEEKLY])),
  'all-day': async () =>
    address(await invite(server, 'trip', ['SUMMARY:Trip', 'DTSTART;VALUE=DATE:20260310', 'DTEND;VALUE=DATE:20260313'])),
  floating: async () =>
    address(await invite(server, 'run', ['SUMMARY:Run', 'DTSTART:20260310T070000', 'DURATION:PT1H'])),
  task: async () => address(await inviteTo(server, 'todo', TODO, { uri: 'tasks' })),
  german: async () => `${address(await invite(server, 'event', [...TEXT, ...WHEN]))}?lang=de`,
  cancelled: async () => {
    const token = await invite(server, 'event', [...TEXT, ...WHEN]);
    await put(server, 'event', event('event', 'SEQUENCE:1', ...PEOPLE, ...TEXT, ...WHEN, 'STATUS:CANCELLED'));
    return address(token);
  },
  over: async () => {
    const token = await invite(server, 'event', [...TEXT, ...WHEN]);
    server.time.now += 10 * DAY;
    return address(token);
  },
  gone: () => Promise.resolve(address('0'.repeat(26))),
};

const TODO = ics(
  ...['BEGIN:VTODO', 'UID:todo', 'DTSTAMP:20260301T000000Z', 'DUE:20260309T120000Z', 'SUMMARY:Write the report'],
  ...[...PEOPLE, 'END:VTODO'],
);

const address = (token: string): string => `${server.url}invitation/${token}`;

const events = async (what: string): Promise<number> =>
  (await server.context.store.db.selectFrom('mail_events').selectAll().where('what', '=', what).execute()).length;

const answerOf = async (uid: string): Promise<readonly (string | undefined)[]> =>
  attendeeLines(await organizersObject(server, uid)).map((line) => /PARTSTAT=([A-Z-]+)/.exec(line)?.[1]);

/** Does something on a page, and finds that the browser had nothing to complain of. */
async function on(url: string, act: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
  const { page, complaints, close } = await pageOf(browser, options);
  try {
    await page.goto(url);
    await act(page);
    expect(complaints).toEqual([]);
  } finally {
    await close();
  }
}

const NO_SCRIPT = { javaScriptEnabled: false };
const BOTH = [
  ['with', {}],
  ['without', NO_SCRIPT],
] as const;

describe.skipIf(MISSING !== undefined)('the answer page in a browser', () => {
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = await startAnswerServer();
  });
  afterEach(() => server.close());

  test('a fault that is planted is found', async () => {
    await on(address(await invite(server, 'event', WHEN)), async (page) => {
      await page.evaluate(`document.querySelector('label[for=comment]').remove(); document.documentElement.lang = ''`);
      const found = (await faultsOf(page)).join('\n');
      expect(found).toMatch(/^label: /m);
      expect(found).toMatch(/^html-has-lang: /m);
    });
  });

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    test.each(Object.keys(STATES))(
      '%s has no serious fault of accessibility, and fits a narrow screen',
      async (state) => {
        const url = await STATES[state]!();
        await on(
          url,
          async (page) => {
            expect(await faultsOf(page)).toEqual([]);
            await shoot(page, `${state}-${colorScheme}`);
            for (const summary of await page.locator('summary').all()) await summary.click();
            expect(await faultsOf(page)).toEqual([]);
            await page.setViewportSize({ width: 320, height: 640 });
            expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
            await shoot(page, `${state}-${colorScheme}-narrow`);
          },
          { colorScheme },
        );
      },
    );

    test('what was wrong, and what was done, has none either', async () => {
      const token = await invite(server, 'series', [...TEXT, ...WEEKLY]);
      await on(
        address(token),
        async (page) => {
          await page.getByLabel('Yes').check();
          await page.evaluate(`document.querySelector('form[method=post]').noValidate = true`);
          await page.getByLabel('Guests you bring').fill('500');
          await page.getByRole('button', { name: 'Send answer' }).click();
          expect(await faultsOf(page)).toEqual([]);
          expect(await page.evaluate(`document.activeElement.getAttribute('role')`)).toBe('alert');
          await shoot(page, `faults-${colorScheme}`);
          await page.getByRole('link', { name: 'The number of guests' }).click();
          expect(await page.evaluate('document.activeElement.id')).toBe('guests');
          await page.getByLabel('Guests you bring').fill('2');
          await page.getByRole('button', { name: 'Send answer' }).click();
          await page.getByText('Your answer was sent').waitFor();
          expect(await faultsOf(page)).toEqual([]);
          await shoot(page, `done-${colorScheme}`);
        },
        { colorScheme },
      );
      expect(await answerOf('series')).toEqual(['ACCEPTED']);
    });
  });

  test.each(BOTH)('%s JavaScript: somebody answers, and a reload does not answer again', async (_, options) => {
    const token = await invite(server, 'event', [...TEXT, ...WHEN]);
    await on(
      `${address(token)}?answer=ACCEPTED`,
      async (page) => {
        expect(await page.getByLabel('Yes').isChecked()).toBe(true);
        await page.getByLabel('Maybe').check();
        await page.getByLabel('Message to the organizer').first().fill('I may be late');
        await page.getByRole('button', { name: 'Send answer' }).click();
        await page.getByText('Your answer was sent to the organizer').waitFor();
        await page.reload();
        await page.getByText('Your answer was sent to the organizer').waitFor();
        expect(await page.locator('.state').textContent()).toBe('maybe');
      },
      options,
    );
    expect(await answerOf('event')).toEqual(['TENTATIVE']);
    expect(await organizersObject(server, 'event')).toContain('I may be late');
    expect(await events('answered')).toBe(1);
  });

  test.each(BOTH)('%s JavaScript: somebody declines one day of a series', async (_, options) => {
    const token = await invite(server, 'series', [...TEXT, ...WEEKLY]);
    await on(
      address(token),
      async (page) => {
        await page.getByLabel('No', { exact: true }).check();
        expect(await page.getByLabel('Date', { exact: true }).first().isVisible()).toBe(false);
        await page.getByLabel('One date').check();
        await page.getByLabel('Date', { exact: true }).first().selectOption('20260319T130000Z');
        await page.getByRole('button', { name: 'Send answer' }).click();
        await page.getByText('Your answer was sent').waitFor();
      },
      options,
    );
    expect(await answerOf('series')).toEqual([undefined, 'DECLINED']);
  });

  test.each(BOTH)('%s JavaScript: somebody proposes another time', async (_, options) => {
    const token = await invite(server, 'event', [...TEXT, ...WHEN]);
    await on(
      address(token),
      async (page) => {
        await page.locator('summary', { hasText: 'Propose another time' }).click();
        await page.getByLabel('Start time').fill('16:00');
        await page.getByLabel('End time').fill('17:00');
        await page.getByRole('button', { name: 'Send proposal' }).click();
        await page.getByText('Your proposal was sent').waitFor();
      },
      options,
    );
    expect(await answerOf('event')).toEqual([undefined]);
    expect(await events('answered')).toBe(1);
  });

  test('with JavaScript the time of the visitor stands beside the other, and the server knows that the page was opened', async () => {
    const token = await invite(server, 'event', [...TEXT, ...WHEN]);
    await on(address(token), async (page) => {
      await page.getByText('For you:').waitFor();
      expect(await page.locator('[data-start]').textContent()).toContain('22:00');
      await expect.poll(() => events('opened')).toBe(1);
    });
    const kept = await server.context.store.db.selectFrom('mailed_invitations').select('zone').executeTakeFirst();
    expect(kept?.zone).toBe('Asia/Tokyo');
  });

  test('without JavaScript opening is not known, and another zone and language can be chosen', async () => {
    const token = await invite(server, 'event', [...TEXT, ...WHEN]);
    await on(
      address(token),
      async (page) => {
        await page.locator('summary', { hasText: 'Time zone and language' }).click();
        await page.getByLabel('Time zone', { exact: true }).selectOption('America/New_York');
        await page.getByLabel('Language').selectOption('fr');
        await page.getByRole('button', { name: 'Show' }).click();
        await page.getByText('Heure de America/New York').waitFor();
        expect(await page.locator('time').textContent()).toContain('08:00');
      },
      NO_SCRIPT,
    );
    expect(await events('opened')).toBe(0);
  });

  test('by the keyboard alone somebody answers', async () => {
    const token = await invite(server, 'event', [...TEXT.slice(0, 2), ...WHEN]);
    await on(address(token), async (page) => {
      const focused = (): Promise<string> =>
        page.evaluate(`document.activeElement.id || document.activeElement.tagName`);
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('answer-ACCEPTED');
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowRight');
      expect(await focused()).toBe('answer-TENTATIVE');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('guests');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('comment');
      await page.keyboard.type('Maybe');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('send-answer');
      await page.keyboard.press('Enter');
      await page.getByText('Your answer was sent').waitFor();
    });
    expect(await answerOf('event')).toEqual(['TENTATIVE']);
  });
});
