import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METHODS } from '../src/dav/methods/index.ts';
import { PROPERTIES } from '../src/dav/properties/index.ts';
import { REPORTS } from '../src/dav/reports/index.ts';
import { ALL_KINDS, type Kind } from '../src/dav/resource.ts';
import { NAMESPACES, splitName, type ClarkName } from '../src/dav/xml/names.ts';

const PAGE = new URL('../docs/compliance.md', import.meta.url);

/** `D:getetag`, with the prefixes that the page explains. */
function prefixed(name: ClarkName): string {
  const { namespace, local } = splitName(name);
  const prefix = Object.entries(NAMESPACES).find(([, uri]) => uri === namespace)?.[0];
  return `\`${prefix ?? namespace}:${local}\``;
}

const kinds = (on: readonly Kind[]): string => (on.length === ALL_KINDS.length ? 'everything' : on.join(', '));

/** Where a method works: on what is there, and on a URL that names nothing yet. */
const places = (on: readonly Kind[], creates = false): string =>
  [...(on.length > 0 ? [kinds(on)] : []), ...(creates ? ['a URL without a resource'] : [])].join(', ');

const byName = (left: readonly string[], right: readonly string[]): number => (left[0]! < right[0]! ? -1 : 1);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The tables that the page must hold, each between its two comments. */
const TABLES: Readonly<Record<string, string>> = {
  namespaces: table(
    ['prefix', 'namespace'],
    Object.entries(NAMESPACES).map(([prefix, uri]) => [`\`${prefix}\``, `\`${uri}\``]),
  ),
  methods: table(
    ['method', 'on'],
    [...METHODS.values()].map(({ name, on, creates }) => [name, places(on, creates)]),
  ),
  reports: table(
    ['report', 'on', 'privilege'],
    [...REPORTS.values()].map(({ name, on, privilege }) => [prefixed(name), kinds(on), privilege]).toSorted(byName),
  ),
  properties: table(
    ['property', 'on', 'in allprop', 'a client may set it'],
    [...PROPERTIES.values()]
      .map(({ name, on, allprop, change, onProxies }) => [
        prefixed(name),
        kinds(on),
        allprop ? 'yes' : 'no',
        change ? 'yes' : onProxies ? 'of a proxy' : 'no',
      ])
      .toSorted(byName),
  ),
};

const between = (name: string): RegExp => new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(\n<!-- end of ${name} -->)`);

test.each(Object.keys(TABLES))('docs/compliance.md lists the %s that the server has', (name) => {
  if (process.env['UPDATE'] === '1') {
    const page = readFileSync(PAGE, 'utf8');
    writeFileSync(
      PAGE,
      page.replace(between(name), (_, open: string, close: string) => `${open}\n${TABLES[name]!}\n${close}`),
    );
  }
  expect(between(name).exec(readFileSync(PAGE, 'utf8'))?.[0]).toContain(TABLES[name]);
});

test('docs/compliance.md says yes, partly or no of every section, and partly and no say what is missing', () => {
  const [standards = ''] = readFileSync(PAGE, 'utf8').split('## Namespaces');
  const rows = standards.split('\n').filter((line) => line.startsWith('| ') && !/^\| (section|---) /.test(line));
  expect(rows.length).toBeGreaterThan(60);
  const wrong = rows.filter((row) => {
    const [, , , answer = '', remark = ''] = row.split('|').map((cell) => cell.trim());
    return !(answer === 'yes' || (['partly', 'no'].includes(answer) && remark !== ''));
  });
  expect(wrong).toEqual([]);
});
