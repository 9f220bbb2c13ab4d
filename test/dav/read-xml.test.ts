import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/base/limits.ts';
import { readQuestion } from '../../src/dav/read-xml.ts';

type Asked = Parameters<typeof readQuestion>[0];

const LIMITS = defaultLimits();
const ask = (text: string, { limits = LIMITS, type = 'text/xml' } = {}) =>
  readQuestion({
    headers: { 'content-type': type },
    body: async () => Buffer.from(text),
    // Nothing else of the context is looked at.
    context: { calendar: { limits } } as Asked['context'],
  });

describe('the body of a question', () => {
  test('that came before is known, and is the same for who names the same type', async () => {
    const text = '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>';
    const first = await ask(text);
    expect(first?.name).toBe('{DAV:}propfind');
    expect(await ask(text)).toBe(first);
    expect(await ask(text, { type: 'application/xml' })).not.toBe(first);
    await expect(ask(text, { type: 'text/plain' })).rejects.toMatchObject({ status: 415 });
  });

  test('is read anew under other limits', async () => {
    const text = '<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>';
    const first = await ask(text);
    await expect(ask(text, { limits: { ...LIMITS, xmlDepth: 2 } })).rejects.toMatchObject({ status: 400 });
    expect(await ask(text)).toBe(first);
  });

  test('whose octets are another text is another question', async () => {
    const [one, other] = await Promise.all([ask('<a b="é"/>'), ask('<a b="è"/>')]);
    expect([...(one?.attributes.values() ?? [])]).not.toEqual([...(other?.attributes.values() ?? [])]);
  });

  test('that grows in memory, by a long namespace at each name, is not kept', async () => {
    const text = `<a:a xmlns:a="${'n'.repeat(2000)}">${'<a:b/>'.repeat(300)}</a:a>`;
    expect(text.length).toBeLessThan(4096);
    expect(await ask(text)).not.toBe(await ask(text));
  });
});
