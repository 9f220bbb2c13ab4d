import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ACTIONS } from '../src/api/timezones/actions/index.ts';
import { METHODS } from '../src/dav/methods/index.ts';
import { PROPERTIES } from '../src/dav/properties/index.ts';
import { REPORTS } from '../src/dav/reports/index.ts';
import { JOBS } from '../src/jobs/handlers/index.ts';

const SRC = resolve(import.meta.dirname, '../src');

/** Files of a registry folder that hold no plug but what several plugs of the folder share. */
const SHARED = /-xml\.ts$/;

interface Plug {
  readonly name: string;
}

const hasFunction = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[key] === 'function';

/** What each file of a folder exports that the folder's list must hold, by file. `key` tells a plug from the rest. */
async function plugsOf(folder: string, key: string): Promise<Map<string, Plug[]>> {
  const files = readdirSync(join(SRC, folder)).filter((file) => file !== 'index.ts' && !SHARED.test(file));
  const modules = files.map(async (file): Promise<[string, Plug[]]> => {
    const module = (await import(join(SRC, folder, file))) as Record<string, unknown>;
    return [file, Object.values(module).filter((value) => hasFunction(value, key)) as Plug[]];
  });
  return new Map(await Promise.all(modules));
}

interface Registry {
  readonly folder: string;
  readonly key: string;
  readonly list: ReadonlyMap<string, Plug>;
}

const REGISTRIES: readonly Registry[] = [
  { folder: 'dav/properties', key: 'value', list: PROPERTIES },
  { folder: 'dav/reports', key: 'answer', list: REPORTS },
  { folder: 'dav/methods', key: 'run', list: METHODS },
  { folder: 'api/timezones/actions', key: 'run', list: new Map(ACTIONS.map((action) => [action.name, action])) },
  { folder: 'jobs/handlers', key: 'run', list: new Map(JOBS.map((job) => [job.name, job])) },
];

test.each(REGISTRIES)(
  'every file of $folder is in its list, and the list has nothing else',
  async ({ folder, key, list }) => {
    const plugs = await plugsOf(folder, key);
    expect([...plugs].filter(([, found]) => found.length === 0).map(([file]) => file)).toEqual([]);
    const exported = [...plugs.values()].flat();
    expect(exported.filter((plug) => list.get(plug.name) !== plug).map((plug) => plug.name)).toEqual([]);
    expect([...list.values()].filter((plug) => !exported.includes(plug)).map((plug) => plug.name)).toEqual([]);
  },
);

test.each(REGISTRIES)('no two plugs of $folder have one name', async ({ folder, key }) => {
  const names = [...(await plugsOf(folder, key)).values()].flat().map((plug) => plug.name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test('a file is named for the one thing that it holds', async () => {
  const plugs = await plugsOf('dav/properties', 'value');
  const misnamed = [...plugs].filter(
    ([file, found]) => !found.some(({ name }) => kebab(name.slice(name.indexOf('}') + 1)) === kebab(file.slice(0, -3))),
  );
  expect(misnamed.map(([file]) => file)).toEqual([]);
});

/** `principal-URL` and `principal-url` are one name; the file's hyphens are the property's, or none. */
const kebab = (name: string): string => name.toLowerCase().replaceAll('-', '');
