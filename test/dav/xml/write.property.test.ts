import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dav, NAMESPACES } from '../../../src/dav/xml/names.ts';
import type { ClarkName } from '../../../src/dav/xml/names.ts';
import type { XmlNode } from '../../../src/dav/xml/node.ts';
import { parseXml, XML_LANG } from '../../../src/dav/xml/parse.ts';
import { document, el, text, writeNode } from '../../../src/dav/xml/write.ts';
import { holds } from '../../properties/holds.ts';

const RUNS = { seed: 20261101, numRuns: 200 };
const LIMITS = { octets: 10_000_000, depth: 64, elements: 10_000 };

const namespace = fc.constantFrom('', 'urn:a', 'http://example.com/?x=1&y="2"<', ...Object.values(NAMESPACES));
const local = fc.constantFrom('a', 'b-c', 'd.e', 'f_1', 'größe', '文');
const name = fc.tuple(namespace, local).map(([uri, tag]): ClarkName => `{${uri}}${tag}`);
const attributeName = fc.oneof(
  local,
  fc.constant(XML_LANG),
  fc.tuple(namespace, local).map(([uri, tag]) => (uri === '' ? tag : `{${uri}}${tag}`)),
);
// Everything that XML 1.0 can hold, with the characters that go wrong more often than the others.
const characters = fc
  .array(
    fc.oneof(fc.constantFrom('\r', '\n', '\t', '<', '>', '&', '"', "'", ']]>', ' '), fc.string({ unit: 'grapheme' })),
  )
  .map((parts) => parts.join('').replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?'));

const node: fc.Arbitrary<XmlNode> = fc.letrec<{ node: XmlNode }>((tie) => ({
  node: fc
    .record({
      name,
      attributes: fc.array(fc.tuple(attributeName, characters), { maxLength: 3 }).map((pairs) => new Map(pairs)),
      content: fc.array(fc.oneof({ maxDepth: 4 }, characters, tie('node')), { maxLength: 4 }),
    })
    .map(asParsed),
})).node;

/** Neighbouring texts are one text, and an empty one is none. */
function asParsed(given: Pick<XmlNode, 'name' | 'attributes' | 'content'>): XmlNode {
  const content: (XmlNode | string)[] = [];
  for (const part of given.content) {
    const last = content.at(-1);
    if (typeof part === 'string' && typeof last === 'string') content[content.length - 1] = last + part;
    else if (part !== '') content.push(part);
  }
  return {
    ...given,
    content,
    children: content.filter((part) => typeof part !== 'string'),
    text: content.filter((part) => typeof part === 'string').join(''),
  };
}

test('what is written is read back the same, alone and inside an answer', async () => {
  await holds(
    fc.property(node, (given) => {
      const written = writeNode(given);
      expect(parseXml(Buffer.from(written), LIMITS)).toEqual(given);
      const answer = document(el(dav('prop'), el(dav('a')), written));
      expect(parseXml(Buffer.from(answer), LIMITS).children[1]).toEqual(given);
    }),
    RUNS,
  );
});

test('any text whatever gives a well-formed document', async () => {
  await holds(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (given) => {
      const read = parseXml(Buffer.from(document(el(dav('a'), text(given)))), LIMITS).text;
      expect(read).toBe(
        given.toWellFormed().replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd'),
      );
    }),
    RUNS,
  );
});
