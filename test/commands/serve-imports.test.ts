import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const SERVE = resolve(import.meta.dirname, '../../src/commands/serve.ts');
/** An import or export that is there when the program runs; `import()` is none, it loads later. */
const FROM = /^(?:import|export)\s+(?!type\b)(?:[^;'"]*?\sfrom\s+)?'([^']+)'/gm;

/** All packages, and folders in them, that are loaded before the first line of a file runs. */
function loadedWith(start: string): Set<string> {
  const files = new Set([start]);
  const packages = new Set<string>();
  for (const file of files) {
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(FROM)) {
      if (name.startsWith('.')) files.add(resolve(file, '..', name));
      else packages.add(name);
    }
  }
  return packages;
}

test('a server that starts loads nothing that only some need: to read mail, to send it, to push, PostgreSQL', () => {
  const packages = [...loadedWith(SERVE)].filter((name) => !name.startsWith('node:'));
  expect(packages).toContain('koa');
  expect(packages).toContain('better-sqlite3');
  const later = /^(?:imapflow|mailparser|mailauth|smtp-server|nodemailer|luxon|rrule|web-push|pg)(?:\/|$)/;
  expect(packages.filter((name) => later.test(name))).toEqual([]);
});
