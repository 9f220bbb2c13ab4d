import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

import { REPORTS } from '../../../src/dav/reports/index.ts';
import { splitName } from '../../../src/dav/xml/names.ts';

const files = readdirSync(new URL('../../../src/dav/reports/', import.meta.url));

test('each file of the folder that is not a piece of the body is the report of its name, and in the list', () => {
  const reports = files.filter((file) => file !== 'index.ts' && !file.endsWith('-xml.ts'));
  expect([...REPORTS.keys()].map((name) => `${splitName(name).local}.ts`).toSorted()).toEqual(reports.toSorted());
});

test('the key of each report is its name', () => {
  for (const [name, report] of REPORTS) expect(report.name).toBe(name);
});

test('what RFC 4791 §7 and RFC 3744 §9 require of a calendar is there', () => {
  const onCalendar = [...REPORTS.values()]
    .filter(({ on }) => on.includes('calendar'))
    .map(({ name }) => splitName(name).local);
  for (const name of ['calendar-query', 'calendar-multiget', 'free-busy-query', 'sync-collection', 'expand-property']) {
    expect(onCalendar).toContain(name);
  }
});
