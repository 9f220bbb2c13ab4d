import { parseXml } from '../../src/dav/xml/parse.ts';
import { writeNode } from '../../src/dav/xml/write.ts';
import type { Component } from '../../src/ical/component.ts';
import { readJcal } from '../../src/ical/jcal.ts';
import { readXcal } from '../../src/ical/xcal-read.ts';

export const JCAL_LIMITS = { octets: 1_000_000, depth: 64, values: 100_000 };
const XML_LIMITS = { octets: 1_000_000, depth: 64, elements: 100_000 };

/** The component of a jCal document. */
export const fromJcal = (json: string): Component => readJcal(Buffer.from(json), JCAL_LIMITS);

/** The calendar of an xCal document. */
export const fromXcal = (xml: string): Component =>
  readXcal(parseXml(Buffer.from(xml), XML_LIMITS), { write: (node) => writeNode(node) });
