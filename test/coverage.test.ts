import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const PAGE = readFileSync(resolve(ROOT, 'docs/coverage.md'), 'utf8');

const numbered = (prefix: string, last: number): string[] =>
  Array.from({ length: last }, (_, at) => `${prefix}${at + 1}`);

const CALLS = [
  'POST /users/register',
  'POST /users/login',
  'GET /users/{id}',
  'PUT /users/{id}',
  'DELETE /users/{id}',
  'POST /events',
  'GET /events/{id}',
  'PUT /events/{id}',
  'DELETE /events/{id}',
  'GET /events?user_id',
  'GET /events?calendar_id',
  'GET /events?view',
  'PATCH /events/availability',
  'POST /meetings/availability',
  'POST /events/{id}/invitations',
  'PATCH /events/{id}/invitations',
  'POST /invitations/{event}',
  'GET /invitations/{event}/{id}',
  'PUT /invitations/{event}/{id}',
  'POST /invitations/{event}/{id}/resend',
  'POST /calendars',
  'GET /calendars/{id}',
  'PUT /calendars/{id}',
  'DELETE /calendars/{id}',
  'POST /calendars/{id}/share',
  'GET /calendars/{id}/events',
  'GET /calendars/{id}/view',
  'GET /calendars/{id}/collaborators',
  'POST /calendars/{id}/collaborators',
  'DELETE /calendars/{id}/collaborators/{user}',
  'POST /meetings',
  'GET /meetings/{id}',
  'PUT /meetings/{id}',
  'DELETE /meetings/{id}',
  'POST /meetings/suggestions',
  'POST /reminders/{event}',
  'GET /reminders/{event}/{id}',
  'POST /notifications/send',
  'GET /busy',
];

/** Every id that is owed a proof: functions, figures, failures, features, security, complaints, calls. */
const IDS = [
  ...numbered('U', 6),
  ...numbered('C', 4),
  ...numbered('E', 5),
  ...numbered('R', 3),
  ...numbered('I', 3),
  ...numbered('A', 5),
  ...numbered('N', 4),
  ...['T1', 'L1', 'X1', 'X2', 'M1', 'M2', 'G1', 'G2'],
  ...numbered('figure ', 7),
  ...numbered('failure ', 12),
  ...numbered('B', 16),
  ...numbered('security ', 24),
  ...numbered('complaint ', 51),
  ...CALLS,
];

interface Row {
  readonly id: string;
  readonly proofs: readonly string[];
}

const rows: readonly Row[] = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (id|---) /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, id = '', , proofs = '']) => ({
    id: id.replaceAll('`', ''),
    proofs: proofs.split(';').map((proof) => proof.trim()),
  }));

const LATER = /^later\b/;
const PROOF = /^`([^`]+)`: (.+)$/;
/** The name of a test: a text that is followed by a function. */
const TEST_NAME = /(['"`])((?:(?!\1)[^\\\n]|\\.)*)\1,\s*(?:\{[^}]*\},\s*)?(?:async\s*)?(?:\(|\w+\s*=>)/g;

/** What is wrong with a proof: no such file, or no test of that name in it. */
function fault(proof: string): string | undefined {
  if (LATER.test(proof)) return undefined;
  const [, path, name] = PROOF.exec(proof) ?? [];
  if (path === undefined || name === undefined) return `neither a test nor "later": ${proof}`;
  if (!existsSync(resolve(ROOT, path))) return `no such file: ${path}`;
  const source = readFileSync(resolve(ROOT, path), 'utf8');
  const isTest = path.endsWith('.test.ts');
  const names = isTest ? [...source.matchAll(TEST_NAME)].map((match) => match[2]!.replaceAll('\\', '')) : [source];
  return names.some((each) => each.includes(name)) ? undefined : `no test in ${path} is named so: ${name}`;
}

test('docs/coverage.md has a row for every id, once, and for nothing else', () => {
  const ids = rows.map((row) => row.id);
  expect(IDS.filter((id) => !ids.includes(id))).toEqual([]);
  expect(ids.filter((id, at) => !IDS.includes(id) || ids.indexOf(id) !== at)).toEqual([]);
});

test('every row of docs/coverage.md names a test that exists, or says later', () => {
  expect(
    rows.flatMap(({ id, proofs }) =>
      proofs
        .map(fault)
        .filter((what) => what !== undefined)
        .map((what) => `${id}: ${what}`),
    ),
  ).toEqual([]);
});

test('a proof without its file, without its test, or without any words is found', () => {
  expect(fault('later')).toBeUndefined();
  expect(fault('')).toMatch(/neither/);
  expect(fault('`test/nothing.test.ts`: x')).toMatch(/no such file/);
  expect(fault('`test/coverage.test.ts`: a row that nobody wrote')).toMatch(/no test/);
  expect(fault('`test/coverage.test.ts`: has a row for every id')).toBeUndefined();
});
