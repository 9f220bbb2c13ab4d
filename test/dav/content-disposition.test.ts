import { expect, test } from 'vitest';

import { filenameIn, savedAs } from '../../src/dav/content-disposition.ts';

test.each([
  ['attachment;filename=test.txt', 'test.txt'],
  ['attachment; filename="a \\"b\\"; c.txt"', 'a "b"; c.txt'],
  ["attachment; filename=old.txt; filename*=UTF-8''%E6%97%A5.txt", '日.txt'],
  ["attachment; filename=old.txt; filename*=UTF-8''%E6", 'old.txt'],
  [Buffer.from('attachment; filename="日.txt"').toString('latin1'), '日.txt'],
  ['attachment; filename="\xe4.txt"', 'ä.txt'],
  ['attachment; filename="../../etc/passwd"', 'passwd'],
  ['attachment; filename="C:\\\\x\\\\y.doc"', 'y.doc'],
  ["attachment; filename*=UTF-8''a%0D%0AX-Evil:%20b.txt", 'aX-Evil: b.txt'],
  ['attachment; filename=""', 'attachment'],
  ['attachment', 'attachment'],
  [undefined, 'attachment'],
])('%s names %s', (header, name) => {
  expect(filenameIn(header)).toBe(name);
});

test('a long name is cut', () => {
  expect(filenameIn(`attachment; filename=${'ü'.repeat(10)}${'x'.repeat(5000)}`)).toHaveLength(200);
});

test('what is said of a name is one header line of ASCII, and can be read back', () => {
  for (const name of ['a.txt', '日本.pdf', 'a"b%c\\d.txt', "it's (1).txt"]) {
    const header = savedAs(name);
    expect(header).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w.~%-]+$/);
    if (!name.includes('\\')) expect(filenameIn(header)).toBe(name);
  }
});
