import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { parseScenario, scenarios, type Scenario } from '../itip/scenarios.ts';
import { startDavServer, type DavServer, type DavServerOptions } from '../dav-server.ts';
import { postgresForTests } from '../postgres/database.ts';
import { runOnServer } from './server-scenario-run.ts';

interface Numbered {
  readonly scenario: Scenario;
  /** A word that no other has. */
  readonly scope: string;
}

const ALL = scenarios().map((scenario, index): Numbered => ({ scenario, scope: `s${index}` }));
/** What is particular to an engine is the same in many of them. */
const SAMPLE = ALL.filter((_, index) => index % 8 === 0);

/** One server for all: what belongs to a scenario has names and addresses of its own. */
function runAll(engine: string, some: readonly Numbered[], open?: DavServerOptions['open']): void {
  describe(`on a server, with ${engine}`, () => {
    let server: DavServer;
    beforeAll(async () => {
      server = await startDavServer({ users: [], settings: { historyDays: 90 }, ...(open && { open }) });
    });
    afterAll(() => server.close());

    test.each(some.map(({ scenario, scope }) => [scenario.name, scenario.title, scope, scenario] as const))(
      '%s: %s',
      async (_, __, scope, scenario) => {
        await runOnServer(server, scenario, scope);
      },
    );
  });
}

test('every scenario runs on a server, those with messages from elsewhere, too', () => {
  expect(ALL.length).toBeGreaterThanOrEqual(125);
  expect(
    ALL.filter(({ scenario: { steps } }) => steps.some(({ word }) => word === 'send')).length,
  ).toBeGreaterThanOrEqual(30);
});

describe('of what it does not expect, a scenario fails by', () => {
  const INVITED = `# Two are invited
== put alice meeting
BEGIN:VEVENT
DTSTART:20260302T090000Z
ORGANIZER:mailto:alice@example.com
ATTENDEE:mailto:bob@example.com
ATTENDEE:mailto:carol@example.com
END:VEVENT
`;
  const ALL_TOLD = `${INVITED}== expect-message REQUEST alice -> bob, carol\n`;
  const CASES: readonly (readonly [what: string, text: string, fault: RegExp])[] = [
    ['a message that nobody expects', `${INVITED}== expect-message REQUEST alice -> bob\n`, /REQUEST alice -> carol/],
    ['one that is sent once and not twice', `${ALL_TOLD}== expect-message REQUEST alice -> bob\n`, /x:10, of/],
    ['one of another method', `${INVITED}== expect-message CANCEL alice -> bob, carol\n`, /CANCEL alice -> bob/],
    ['what it does not say', `${ALL_TOLD}SUMMARY:Budget\n`, /missing SUMMARY:Budget/],
    [
      'copies that are brought up to date',
      `${ALL_TOLD}== reply bob meeting ACCEPTED\n== expect-message REPLY bob -> alice\n`,
      /carol/,
    ],
    ['a refusal', `${ALL_TOLD}== change bob meeting\nDTSTART:20260302T100000Z\n`, /a refusal that nobody expects/],
    ['a message that does something', `${INVITED}== expect-message REQUEST alice -> bob, carol unseen\n`, /it is seen/],
  ];

  test.each(CASES)('%s', async (_, text, fault) => {
    const server = await startDavServer({ users: [] });
    try {
      await expect(runOnServer(server, parseScenario('x', text), 'x')).rejects.toThrow(fault);
    } finally {
      await server.close();
    }
  });
});

runAll('SQLite', ALL);

const postgres = await postgresForTests();
if ('missing' in postgres) {
  describe.skip(`scenarios on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  runAll('PostgreSQL', SAMPLE, async (services) => openStore({ postgres: await postgres.create() }, services));
}
