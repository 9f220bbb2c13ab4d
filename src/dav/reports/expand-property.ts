import { BadRequest, Refusal } from '../../base/refusal.ts';
import { createTurns, type Turns } from '../../base/turns.ts';
import { pathOf, segmentsOf } from '../path.ts';
import { MOST_PROPERTIES, type PropRequest } from '../prop-request.ts';
import { responsesOf } from '../propstats.ts';
import { PROPERTIES } from '../properties/index.ts';
import { property, type Property } from '../property.ts';
import { report, type ReportRequest } from '../report.ts';
import { resolve } from '../resolve.ts';
import { ALL_KINDS, type Resource } from '../resource.ts';
import { responseElement } from '../xml/multistatus.ts';
import { dav, isElementNamespace, isLocalName, type ClarkName } from '../xml/names.ts';
import type { Xml, XmlNode } from '../xml/node.ts';
import { childrenOf } from '../xml/parse.ts';
import { storedXml, text } from '../xml/write.ts';

/** A DAV:property element: what to report, and of what it points to (RFC 3253 §3.8). */
interface Expansion {
  readonly name: ClarkName;
  readonly nested: readonly Expansion[];
}

/** What a run has in common at every level. */
interface Run {
  readonly request: ReportRequest;
  /** Counted down for each resource that an href is replaced by: groups in groups multiply. */
  left: number;
  /** Counted down for each property of each of them: the answer to one is put together before it is sent. */
  values: number;
  readonly turns: Turns;
}

/** Properties of what hrefs are replaced by, all together: some megabytes. */
const MOST_VALUES = 100_000;

/** DAV:expand-property, RFC 3253 §3.8. Can raise: 400. */
export const expandProperty = report({
  name: dav('expand-property'),
  on: ALL_KINDS,
  privilege: 'read',
  parse(body) {
    const left = { properties: MOST_PROPERTIES };
    return childrenOf(body, dav('property')).map((node) => expansionIn(node, left));
  },
  async run(expansions, resource, request) {
    const run: Run = {
      request,
      left: request.context.calendar.limits.principalMatches,
      values: MOST_VALUES,
      turns: createTurns(),
    };
    const asked = requestFor(expansions, run);
    const responses = await responsesOf([resource], asked, request.context, request.preferences);
    return { kind: 'multistatus', responses };
  },
});

/** `left` is counted down over all levels. */
function expansionIn(node: XmlNode, left: { properties: number }): Expansion {
  const name = node.attributes.get('name');
  const namespace = node.attributes.get('namespace') ?? 'DAV:';
  if (--left.properties < 0) throw new BadRequest(`At most ${MOST_PROPERTIES} properties can be expanded at once`);
  // Both go into markup of the answer.
  if (name === undefined || !isLocalName(name)) {
    throw new BadRequest('A DAV:property must have the name of a property');
  }
  if (!isElementNamespace(namespace)) throw new BadRequest('A DAV:property has a namespace that no element can have');
  return {
    name: `{${namespace}}${name}`,
    nested: childrenOf(node, dav('property')).map((child) => expansionIn(child, left)),
  };
}

/** The properties as a request, in which those with something nested expand their hrefs. */
function requestFor(expansions: readonly Expansion[], run: Run): PropRequest {
  const computed = expansions.flatMap(({ name, nested }): readonly Property[] => {
    const known = PROPERTIES.get(name);
    return known === undefined || nested.length === 0 ? [] : [expanded(known, nested, run)];
  });
  return { kind: 'prop', names: [...new Set(expansions.map(({ name }) => name))], computed };
}

function expanded(known: Property, nested: readonly Expansion[], run: Run): Property {
  return property({
    name: known.name,
    on: known.on,
    async get(resource, context) {
      const value = await known.value(resource, context);
      return value === undefined ? undefined : replaceHrefs(value, nested, run);
    },
  });
}

// Live values are written by xml/write.ts alone, so that every DAV:href in them has this form.
const HREF = /<D:href>([^<]*)<\/D:href>/g;

async function replaceHrefs(value: Xml, nested: readonly Expansion[], run: Run): Promise<Xml> {
  let replaced = '';
  let end = 0;
  for (const match of value.matchAll(HREF)) {
    replaced += value.slice(end, match.index) + (await responseFor(unescape(match[1] ?? ''), nested, run));
    end = match.index + match[0].length;
  }
  // Put together from fragments of the writer alone.
  return storedXml(replaced + value.slice(end));
}

async function responseFor(href: string, nested: readonly Expansion[], run: Run): Promise<Xml> {
  // A mailto: or urn: is an address and no resource of ours: it stays an href.
  if (!href.startsWith('/')) return storedXml(`<D:href>${text(href)}</D:href>`);
  run.values -= nested.length;
  if (--run.left < 0 || run.values < 0)
    throw new Refusal('number-of-matches-within-limits', 'The expansion has too many resources');
  if (run.turns.isDue()) await run.turns.take();
  const { context, preferences } = run.request;
  const target = await find(href, run);
  if (target === undefined) return responseElement({ href, status: 404 });
  if (!target.privileges.has('read')) return responseElement({ href, status: 403 });
  const [response] = await responsesOf([target], requestFor(nested, run), context, preferences);
  return responseElement(response ?? { href, status: 404 });
}

async function find(href: string, { request: { context } }: Run): Promise<Resource | undefined> {
  try {
    const target = await resolve(context, segmentsOf(pathOf(href)));
    return target.kind === 'missing' ? undefined : target;
  } catch (error) {
    // Such as the home of a group, which has none.
    if (error instanceof BadRequest) return undefined;
    throw error;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };
const unescape = (escaped: string): string =>
  escaped.replace(/&(amp|lt|gt|quot);/g, (entity) => ENTITIES[entity] ?? entity);
