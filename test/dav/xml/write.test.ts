import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { apple, caldav, dav } from '../../../src/dav/xml/names.ts';
import { parseXml } from '../../../src/dav/xml/parse.ts';
import {
  document,
  documentEnds,
  el,
  elWith,
  href,
  join,
  storedXml,
  text,
  writeNode,
} from '../../../src/dav/xml/write.ts';

const LIMITS = { octets: 1_000_000, depth: 64, elements: 10_000 };
const parse = (xml: string) => parseXml(Buffer.from(xml), LIMITS);

describe('elements', () => {
  test('a known namespace has its prefix', () => {
    expect(el(dav('getetag'), text('"1"'))).toBe('<D:getetag>&quot;1&quot;</D:getetag>');
    expect(el(caldav('calendar-data'))).toBe('<C:calendar-data/>');
  });

  test('another namespace is declared on its element, and none is declared away', () => {
    expect(el('{http://example.com/?a&b}x', text('1'))).toBe('<x xmlns="http://example.com/?a&amp;b">1</x>');
    expect(el('{}x')).toBe('<x xmlns=""/>');
  });

  test('content that is undefined is left out', () => {
    expect(el(dav('prop'), undefined, el(dav('a')), undefined)).toBe('<D:prop><D:a/></D:prop>');
    expect(join(el(dav('a')), undefined, el(dav('b')))).toBe('<D:a/><D:b/>');
  });

  test('attributes are escaped so that tabs and line ends survive, and undefined ones are left out', () => {
    const element = elWith(caldav('comp'), { name: 'a"<\t\r\n&', other: undefined });
    expect(element).toBe('<C:comp name="a&quot;&lt;&#9;&#13;&#10;&amp;"/>');
  });

  test('an href is escaped', () => {
    expect(href('/a&b')).toBe('<D:href>/a&amp;b</D:href>');
  });
});

describe('text', () => {
  test('CRLF comes back as it was', () => {
    const sent = 'BEGIN:VCALENDAR\r\nSUMMARY:a]]>b & <c>\r\n';
    expect(parse(document(el(dav('prop'), text(sent)))).text).toBe(sent);
  });

  test('what XML cannot hold becomes U+FFFD', () => {
    expect(text('a\0b\u0008c\ufffed\ud800e\u{1f600}\tf\n')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde\u{1f600}\tf\n');
  });
});

describe('a document', () => {
  test('declares the prefixes that it uses on its root', () => {
    expect(document(el(dav('error'), el(caldav('valid-filter'))))).toBe(
      '<?xml version="1.0" encoding="utf-8"?>\n' +
        '<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:valid-filter/></D:error>',
    );
  });

  test('may be a single empty element, with attributes', () => {
    expect(parse(document(el(dav('error')))).name).toBe(dav('error'));
    expect(parse(document(elWith(dav('error'), { a: '1' }))).attributes.get('a')).toBe('1');
  });

  test('written in two ends declares every prefix', () => {
    const { start, end } = documentEnds(dav('multistatus'));
    const root = parse(start + el(apple('calendar-color'), text('#fff')) + end);
    expect(root.children[0]?.name).toBe(apple('calendar-color'));
  });

  test('is read the same by another parser', () => {
    const xml = document(el(dav('prop'), el(dav('displayname'), text('Ä & <b>')), el('{urn:x}y', text('1'))));
    const tree: unknown = new XMLParser({ ignoreAttributes: false }).parse(xml);
    expect(tree).toMatchObject({ 'D:prop': { 'D:displayname': 'Ä & <b>', y: { '@_xmlns': 'urn:x', '#text': 1 } } });
  });
});

describe('a dead property', () => {
  test('comes back with its namespaces, language and mixed content, in any document', () => {
    const sent = parse(
      '<x:author xmlns:x="http://example.com/ns" xml:lang="de" x:rank="1" plain="2">Ada <b xmlns="urn:b">&amp;<c/></b>' +
        ' <D:href xmlns:D="DAV:">/a</D:href> end\r\n</x:author>',
    );
    const kept = storedXml(String(writeNode(sent)));
    expect(parse(document(el(dav('prop'), kept))).children[0]).toEqual(sent);
    expect(parse(kept)).toEqual(sent);
  });

  test('of a known namespace has the prefix that clients expect', () => {
    const sent = parse('<x:calendar-order xmlns:x="http://apple.com/ns/ical/">1</x:calendar-order>');
    expect(writeNode(sent)).toBe('<A:calendar-order xmlns:A="http://apple.com/ns/ical/">1</A:calendar-order>');
  });
});
