import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Rows from the top. A room imports rooms of the rows below it: never up, never sideways. */
const LAYERS: readonly (readonly string[])[] = [
  ['composition'],
  ['dav', 'api', 'web', 'jobs'],
  ['http', 'sync'],
  ['calendar'],
  ['scheduling', 'auth', 'mail', 'notify'],
  ['itip', 'store'],
  ['ical', 'vcard'],
  ['base', 'net'],
];

/** Bans on top of the rows: no door skips the access check of calendar/, and decisions stay pure. */
const FORBIDDEN = ['dav>store', 'api>store', 'web>store', 'scheduling>store'];

/** The sideways imports that are meant. */
const SIDEWAYS = ['notify>mail', 'vcard>ical'];

/** Files that decide without a world: `now` is an argument. */
const PURE = /^(ical|vcard|itip|scheduling)\/|^sync\/plan\.ts$/;
const IMPURE_CODE = /\bDate\.now\(|\bnew Date\(\)|\bprocess\.|\brandom(?:Bytes|UUID|Int)\b|\bMath\.random\b/;
const IMPURE_MODULE = /^(node:|kysely$|pg$|better-sqlite3$|koa$)/;
/** Modules of Node's that compute and touch nothing; of node:crypto, what makes no random octets. */
const HARMLESS = ['node:buffer', 'node:crypto'];

const SRC = resolve(import.meta.dirname, '../src');
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;

interface Import {
  readonly from: string;
  readonly to: string;
}

/** The room of a file below src/: its folder, or the composition that constructs things. */
function roomOf(file: string): string {
  const [folder, ...rest] = file.split('/');
  return rest.length === 0 || ['commands', 'config', 'workers'].includes(folder!) ? 'composition' : folder!;
}

const rowOf = (room: string): number => LAYERS.findIndex((row) => row.includes(room));

function isAllowed({ from, to }: Import): boolean {
  const [above, below] = [roomOf(from), roomOf(to)];
  const pair = `${above}>${below}`;
  if (above === below || SIDEWAYS.includes(pair)) return true;
  return rowOf(above) < rowOf(below) && !FORBIDDEN.includes(pair);
}

/** Each circle once, as the chain of its files. */
function circles(imports: readonly Import[]): string[] {
  const targets = Map.groupBy(imports, (edge) => edge.from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, chain: readonly string[]): void => {
    const start = chain.indexOf(file);
    if (start >= 0) found.push([...chain.slice(start), file].join(' > '));
    if (start >= 0 || done.has(file)) return;
    for (const { to } of targets.get(file) ?? []) visit(to, [...chain, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));
const sources = new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));

const modulesOf = (file: string): string[] => [...sources.get(file)!.matchAll(IMPORT)].map((match) => match[1]!);

const imports: Import[] = files.flatMap((from) =>
  modulesOf(from)
    .filter((module) => module.startsWith('.'))
    .map((module) => ({ from, to: relative(SRC, resolve(SRC, dirname(from), module)).replaceAll('\\', '/') })),
);

const arrow = ({ from, to }: Import): string => `${from} > ${to}`;

test('every file stands in a room of the map', () => {
  expect(files.filter((file) => rowOf(roomOf(file)) < 0)).toEqual([]);
});

test('every import points down', () => {
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((edge) => !isAllowed(edge)).map(arrow)).toEqual([]);
});

test('no two files import each other, at any distance', () => {
  expect(circles(imports)).toEqual([]);
});

test('a pure room touches no file, network, clock, process or database', () => {
  const impure = files
    .filter((file) => PURE.test(file))
    .flatMap((file) => [
      ...modulesOf(file)
        .filter((module) => IMPURE_MODULE.test(module))
        .filter((module) => !HARMLESS.includes(module))
        .map((module) => `${file} imports ${module}`),
      ...(IMPURE_CODE.test(withoutComments(sources.get(file)!)) ? [`${file} reads the clock or the process`] : []),
    ]);
  expect(impure).toEqual([]);
});

test('the rules see a planted upward import, a skipped door, a sideways import and a circle', () => {
  expect(isAllowed({ from: 'ical/filter.ts', to: 'store/objects.ts' })).toBe(false);
  expect(isAllowed({ from: 'dav/methods/get.ts', to: 'store/objects.ts' })).toBe(false);
  expect(isAllowed({ from: 'mail/send.ts', to: 'notify/retry.ts' })).toBe(false);
  expect(isAllowed({ from: 'dav/methods/get.ts', to: 'server.ts' })).toBe(false);
  expect(isAllowed({ from: 'commands/serve.ts', to: 'server.ts' })).toBe(true);
  expect(isAllowed({ from: 'dav/methods/get.ts', to: 'calendar/get-objects.ts' })).toBe(true);
  const ring = ['a.ts', 'b.ts', 'c.ts'].map((from, at, all) => ({ from, to: all[(at + 1) % 3]! }));
  expect(circles(ring)).toEqual(['a.ts > b.ts > c.ts > a.ts']);
  expect(circles(ring.slice(1))).toEqual([]);
});

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}
