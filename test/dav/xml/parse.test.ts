import { describe, expect, test } from 'vitest';
import { BadRequest, Refusal } from '../../../src/base/refusal.ts';
import { caldav, dav } from '../../../src/dav/xml/names.ts';
import {
  childOf,
  childrenOf,
  childText,
  parseXml,
  withInheritedLanguage,
  XML_LANG,
} from '../../../src/dav/xml/parse.ts';

const LIMITS = { octets: 4 * 1024 * 1024, depth: 64, elements: 120_000 };
const parse = (xml: string | Uint8Array, limits = LIMITS, contentType?: string) =>
  parseXml(typeof xml === 'string' ? Buffer.from(xml) : xml, limits, contentType);

function refusalOf(xml: string | Uint8Array, limits = LIMITS, contentType?: string): BadRequest | Refusal {
  try {
    parse(xml, limits, contentType);
  } catch (error) {
    if (error instanceof BadRequest || error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a tree', () => {
  test('names are resolved whatever the prefix', () => {
    const root = parse(
      '<propfind xmlns="DAV:"><prop><x:calendar-data xmlns:x="urn:ietf:params:xml:ns:caldav"/><getetag/></prop></propfind>',
    );
    expect(root.name).toBe(dav('propfind'));
    expect(childOf(root, dav('prop'))?.children.map(({ name }) => name)).toEqual([
      caldav('calendar-data'),
      dav('getetag'),
    ]);
  });

  test('an element without a namespace has an empty one', () => {
    expect(parse('<D:prop xmlns:D="DAV:"><nons/></D:prop>').children[0]?.name).toBe('{}nons');
  });

  test('an empty declaration takes the default namespace away', () => {
    expect(parse('<prop xmlns="DAV:"><nons xmlns=""/></prop>').children[0]?.name).toBe('{}nons');
  });

  test('mixed content is kept in order, comments and instructions are not', () => {
    const root = parse('<a>one<!-- no --> two<b/><![CDATA[<three>]]>&amp;&#x41;<?pi no?></a>');
    expect(root.content.map((part) => (typeof part === 'string' ? part : part.name))).toEqual([
      'one two',
      '{}b',
      '<three>&A',
    ]);
    expect(root.text).toBe('one two<three>&A');
  });

  test('attributes are named in Clark notation where they have a namespace; declarations are left out', () => {
    const root = parse('<a xmlns:x="urn:x" x:one="1" two="2" xml:lang="de"/>');
    expect([...root.attributes]).toEqual([
      ['{urn:x}one', '1'],
      ['two', '2'],
      [XML_LANG, 'de'],
    ]);
  });

  test('line ends become line feeds, but a referenced carriage return stays', () => {
    expect(parse('<a>1\r\n2\r3&#13;\n4</a>').text).toBe('1\n2\n3\r\n4');
  });

  test('a byte order mark of UTF-8 and a declaration of it are fine', () => {
    expect(
      parse('\ufeff<?xml version="1.0" encoding="UTF-8"?><a>ä</a>', LIMITS, 'text/xml; charset="utf-8"').text,
    ).toBe('ä');
  });

  test('children are found by name', () => {
    const root = parse('<D:multi xmlns:D="DAV:"><D:href> /a </D:href><D:x/><D:href>/b</D:href></D:multi>');
    expect(childText(root, dav('href'))).toBe('/a');
    expect(childrenOf(root, dav('href'))).toHaveLength(2);
    expect(childOf(root, dav('prop'))).toBeUndefined();
  });

  test('a property inherits the language of the elements around it, but not over its own', () => {
    const set = parse('<set xml:lang="en"><prop><a/><b xml:lang="fr"/></prop></set>');
    const [prop] = set.children;
    const [a, b] = prop!.children;
    expect(withInheritedLanguage(a!, [prop!, set]).attributes.get(XML_LANG)).toBe('en');
    expect(withInheritedLanguage(b!, [prop!, set]).attributes.get(XML_LANG)).toBe('fr');
  });
});

describe('what is refused, and why', () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /root element/],
    ['no XML at all', 'BEGIN:VCALENDAR', /1:\d+: text data outside of root/],
    ['an unclosed element', '<a><b></a>', /unexpected close tag/],
    ['an unclosed document', '<a>', /unclosed tag: a/],
    ['two roots', '<a/><b/>', /only one root/],
    ['text after the root', '<a/>b', /outside of root/],
    ['an unbound prefix', '<D:a/>', /unbound namespace prefix/],
    ['an unbound prefix of an attribute', '<a x:b="1"/>', /unbound namespace prefix/],
    ['a prefix bound to nothing', '<a xmlns:x=""/>', /undefine prefix/],
    ['an attribute twice', '<a b="1" b="2"/>', /duplicate attribute/],
    ['an attribute twice under two prefixes', '<a xmlns:x="u" xmlns:y="u" x:b="1" y:b="2"/>', /duplicate attribute/],
    ['an undefined entity', '<a>&nbsp;</a>', /undefined entity/],
    ['a control character', '<a>\u0001</a>', /disallowed character/],
    ['a reference to a control character', '<a>&#1;</a>', /malformed character entity/],
    ['the same in XML 1.1', '<?xml version="1.1"?><a>&#1;</a>', /malformed character entity/],
    ['a namespace with a brace', '<a xmlns="u}v"/>', /brace/],
    ['octets that are no UTF-8', Buffer.from('<a>\xff</a>', 'latin1'), /not UTF-8/],
    ['a surrogate in UTF-8', Buffer.from([0x3c, 0x61, 0x3e, 0xed, 0xa0, 0x80, 0x3c, 0x2f, 0x61, 0x3e]), /not UTF-8/],
    ['UTF-16 with a mark', Buffer.from('\ufeff<a/>', 'utf16le'), /UTF-16/],
    ['UTF-16 without a mark', Buffer.from('<a/>', 'utf16le'), /UTF-16/],
    ['UTF-16, big end first', Buffer.from('\ufeff<a/>', 'utf16le').swap16(), /UTF-16/],
    ['a declaration of UTF-7', '<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', /says UTF-7/],
    ['UTF-7 undeclared', '+ADw-a/+AD4-', /outside of root/],
    ['a declaration of Latin 1', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', /says ISO-8859-1/],
    ['a declaration of UTF-16', '<?xml version="1.0" encoding="UTF-16"?><a/>', /says UTF-16/],
    ['a DOCTYPE', '<!DOCTYPE a><a/>', /DOCTYPE/],
    ['a DOCTYPE after a comment', '<!-- x --><!DOCTYPE a [<!ENTITY e "v">]><a>&e;</a>', /DOCTYPE/],
  ])('%s', (_what, xml, reason) => {
    const refusal = refusalOf(xml);
    expect(refusal).toBeInstanceOf(BadRequest);
    expect((refusal as BadRequest).status).toBe(400);
    expect(refusal.message).toMatch(reason);
  });

  test('a charset of the Content-Type other than UTF-8', () => {
    expect(refusalOf('<a/>', LIMITS, 'text/xml; charset=iso-8859-1').message).toMatch(/says iso-8859-1/);
  });

  test.each([
    ['an external subset', '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['an external parameter entity', '<!DOCTYPE a [<!ENTITY % x PUBLIC "p" "http://127.0.0.1/">%x;]><a/>'],
  ])('%s, with the precondition of RFC 4918 §16', (_what, xml) => {
    expect(refusalOf(xml)).toMatchObject({ name: 'Refusal', code: 'no-external-entities' });
  });

  test('more octets than allowed: 413', () => {
    expect(refusalOf('<a>1234567890</a>', { ...LIMITS, octets: 10 })).toMatchObject({ status: 413 });
  });

  test('a level too deep, and not the last that is allowed', () => {
    const nested = (levels: number): string => '<a>'.repeat(levels) + '</a>'.repeat(levels);
    expect(parse(nested(64)).name).toBe('{}a');
    expect(refusalOf(nested(65)).message).toMatch(/deeper than 64/);
  });

  test('an element too many, and not the last that is allowed', () => {
    const limits = { ...LIMITS, elements: 10 };
    expect(parse(`<a>${'<b/>'.repeat(9)}</a>`, limits).children).toHaveLength(9);
    expect(refusalOf(`<a>${'<b/>'.repeat(10)}</a>`, limits).message).toMatch(/more than 10 elements/);
  });
});

/** The ways in which parsers have been slow, each as a document of about `size` characters. */
const HEAVY: Readonly<Record<string, (size: number) => string>> = {
  'a million laughs in references': (size) => `<a>${'&amp;'.repeat(size / 5)}</a>`,
  'one element with a great many attributes': (size) =>
    `<a ${Array.from({ length: size / 12 }, (_, i) => `a${i}="1"`).join(' ')}/>`,
  'a great many namespaces on one element': (size) =>
    `<a ${Array.from({ length: size / 24 }, (_, i) => `xmlns:n${i}="urn:${i}"`).join(' ')}/>`,
  'text cut up by comments': (size) => `<a>${'x<!---->'.repeat(size / 8)}</a>`,
  'text cut up by CDATA': (size) => `<a>${'x<![CDATA[y]]>'.repeat(size / 14)}</a>`,
  'one long attribute': (size) => `<a b="${'\n'.repeat(size)}"/>`,
  'one long name': (size) => `<${'a'.repeat(size)}/>`,
  'one long comment': (size) => `<a><!--${'- '.repeat(size / 2)}--></a>`,
  'an entity without an end': (size) => `<a>&${'a'.repeat(size)};</a>`,
  'a DOCTYPE without an end': (size) => `<!DOCTYPE a [${'<!ENTITY a "b">'.repeat(size / 15)}`,
};

describe('time grows with length, not with its square', () => {
  test.each(Object.entries(HEAVY))('%s', (_what, document) => {
    const limits = { octets: 64 * 1024 * 1024, depth: 64, elements: 10_000_000 };
    const millisecondsFor = (size: number): number => {
      const body = Buffer.from(document(size));
      const before = process.cpuUsage().user;
      try {
        parseXml(body, limits);
      } catch (error) {
        expect(error).toBeInstanceOf(BadRequest);
      }
      return (process.cpuUsage().user - before) / 1000;
    };
    // Eight times as long; a square would be 64 times, whatever else the machine does: the least of the rounds counts. The
    // constant keeps tiny times from deciding.
    let least = Infinity;
    for (let round = 0; round < 8 && least >= 24; round += 1) {
      const [, small = 0] = [1, 2, 3].map(() => millisecondsFor(50_000)).sort((a, b) => a - b);
      least = Math.min(least, millisecondsFor(400_000) / (small + 2));
    }
    expect(least).toBeLessThan(24);
  });

  test('a million properties in one PROPFIND are refused within a second of work', () => {
    const body = Buffer.from(`<D:prop xmlns:D="DAV:">${'<D:a/>'.repeat(700_000)}</D:prop>`);
    const start = process.cpuUsage().user;
    expect(() => parseXml(body, { octets: 5_000_000, depth: 64, elements: 120_000 })).toThrow(/elements/);
    expect(process.cpuUsage().user - start).toBeLessThan(1_000_000);
  });

  test('billion laughs come to nothing', () => {
    const lines = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
    expect(() => parse(`<!DOCTYPE a [<!ENTITY l0 "lol">${lines}]><a>&l9;</a>`)).toThrow(/DOCTYPE/);
  });
});
