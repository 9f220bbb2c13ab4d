import { describe, expect, test } from 'vitest';
import { VERSION } from '../../src/base/version.ts';
import { VERBS } from '../../src/commands/verbs.ts';
import { runCli } from './run-cli.ts';

describe('help', () => {
  test('--help names every verb', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const verb of Object.keys(VERBS)) expect(stdout).toContain(`  ${verb} `);
  });

  test.each(Object.keys(VERBS))('%s --help tells its options and those of every verb', async (verb) => {
    const { code, stdout } = await runCli([...verb.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^usage: kalends ${verb}( |$)`, 'm'));
    for (const option of ['--data DIR', '--database URL', '--config FILE']) expect(stdout).toContain(option);
  });

  test('--version is that of the package', async () => {
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `kalends ${VERSION}\n`, stderr: '' });
  });
});

describe('a wrong command line ends with 2, a reason of one line and the usage', () => {
  const wrong: readonly [args: readonly string[], reason: string][] = [
    [[], 'a verb is missing'],
    [['sevre'], 'unknown verb "sevre"'],
    [['toString'], 'unknown verb "toString"'],
    [['user'], 'user: a verb is missing'],
    [['user', 'rename'], 'unknown verb "user rename"'],
    [['serve', '--prot', '1'], "unknown option '--prot'"],
    [['serve', 'now'], 'unexpected argument "now"'],
    [['provision'], 'FILE.json is missing'],
    [['backup', 'a', 'b'], 'unexpected argument "b"'],
    [['restore'], 'FILE is missing'],
    [['restore', 'a', '--after-pg-restore'], '--after-pg-restore takes no FILE'],
    [['restore', '--after-pg-restore'], '--after-pg-restore needs --database postgres://…'],
    [['export'], '--user is missing'],
    [['ical', 'expand', 'x.ics', '--from', '2026-01-01'], '--to is missing'],
    [
      ['ical', 'expand', 'x.ics', '--from', 'May', '--to', '2026-01-01'],
      '--from: expected a date (2026-03-01) or a time (2026-03-01T09:00:00+01:00), got "May"',
    ],
    [
      ['ical', 'expand', 'x.ics', '--from', '2026-02-30', '--to', '2026-03-01'],
      '--from: expected a date (2026-03-01) or a time (2026-03-01T09:00:00+01:00), got "2026-02-30"',
    ],
    [['ical', 'expand', 'x.ics', '--from', '2026-03-02', '--to', '2026-03-01'], '--to is before --from'],
    [
      ['ical', 'expand', 'x.ics', '--from', '2026-03-01', '--to', '2026-03-02', '--tz', 'Mars'],
      '--tz: there is no time zone "Mars"',
    ],
    [
      ['ical', 'expand', 'x.ics', '--from', '2026-03-01', '--to', '2026-03-02', '--limit', '-1'],
      '--limit: the value is missing; write --limit=VALUE if it begins with a dash',
    ],
    [
      ['ical', 'expand', 'x.ics', '--from', '2026-03-01', '--to', '2026-03-02', '--limit', 'all'],
      '--limit: expected a whole number, got "all"',
    ],
  ];
  test.each(wrong)('%j', async (args, reason) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.split('\n')[0]).toBe(`kalends: ${reason}`);
    expect(stderr).toMatch(/\n(usage:| +kalends user add)/);
  });
});

test('a wrong configuration ends with 2 and names the key', async () => {
  const { code, stderr } = await runCli(['serve', '--port', 'many'], { env: { KALENDS_LOG_LEVEL: 'loud' } });
  expect(code).toBe(2);
  expect(stderr.split('\n').sort()).toEqual([
    '',
    'kalends: logLevel: expected one of fatal, error, warn, info, debug, silent, got "loud" (from KALENDS_LOG_LEVEL)',
    'kalends: port: expected a whole number from 0 to 65535, got "many" (from --port)',
  ]);
});
