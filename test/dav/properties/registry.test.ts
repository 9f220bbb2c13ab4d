import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

import { PROPERTIES } from '../../../src/dav/properties/index.ts';
import { splitName } from '../../../src/dav/xml/names.ts';

const files = readdirSync(new URL('../../../src/dav/properties/', import.meta.url)).filter(
  (file) => file !== 'index.ts',
);

test('each file of the folder is the property of its name, in one namespace or two, and in the list', () => {
  const locals = new Set([...PROPERTIES.keys()].map((name) => `${splitName(name).local.toLowerCase()}.ts`));
  expect([...locals].toSorted()).toEqual(files.toSorted());
});

test('the key of each property is its name', () => {
  for (const [name, property] of PROPERTIES) expect(property.name).toBe(name);
});
