import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { checkCalendar } from '../../src/ical/check.ts';
import type { Component } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import { validateObject } from '../../src/ical/validate.ts';
import { writeComponent } from '../../src/ical/write.ts';

const FOLDER = new URL('../fixtures/ical/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.ics'));

function outcome(calendar: Component): string {
  try {
    const { uid, component } = validateObject(calendar);
    return `${component} ${uid}`;
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** A component without line numbers. */
function bare({ name, properties, components }: Component): unknown {
  return {
    name,
    properties: properties.map((one) => [one.name, [...one.params], one.value]),
    components: components.map(bare),
  };
}

// UPDATE=1 writes what is found; the difference is to be reviewed.
describe.each(FILES)('%s', (file) => {
  const octets = readFileSync(new URL(file, FOLDER));
  const golden = new URL(file.replace(/ics$/, 'json'), FOLDER);

  test('is stored or refused, and checked, as written beside it', () => {
    const found = {
      put: outcome(parseCalendar(octets)),
      problems: checkCalendar(octets).map(
        ({ line, rule, message, section }) => `${line} ${rule}: ${message} (${section})`,
      ),
    };
    if (process.env['UPDATE'] === '1') writeFileSync(golden, `${JSON.stringify(found, undefined, 2)}\n`);
    expect(existsSync(golden)).toBe(true);
    expect(found).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
  });

  test('reads back the same when it is written anew', () => {
    const calendar = parseCalendar(octets);
    expect(bare(parseCalendar(writeComponent(calendar)))).toEqual(bare(calendar));
  });
});
