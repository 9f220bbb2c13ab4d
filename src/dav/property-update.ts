import type { Limits } from '../base/limits.ts';
import { BadRequest, Refusal } from '../base/refusal.ts';
import type { CollectionPatch, PropertyChanges } from '../calendar/collection-patch.ts';
import { PERSONAL_PROPERTIES } from '../calendar/mounts.ts';
import { refusalElement, refusalStatus } from './error-body.ts';
import { PROPERTIES } from './properties/index.ts';
import type { Property, Surroundings } from './property.ts';
import { COLLECTION_KINDS, DIRECTORY_KINDS, isKind, type Kind, type Resource } from './resource.ts';
import { dav, type ClarkName } from './xml/names.ts';
import type { Xml, XmlNode } from './xml/node.ts';
import { childOf, withInheritedLanguage } from './xml/parse.ts';
import { el, writeNode } from './xml/write.ts';
import type { PropStat } from './xml/multistatus.ts';

/** One instruction of a propertyupdate: set (with the element) or remove. */
export interface Instruction {
  readonly name: ClarkName;
  readonly node: XmlNode | undefined;
}

/** What became of one instruction. */
interface Outcome {
  readonly name: ClarkName;
  readonly status: number;
  readonly error: Xml | undefined;
}

/** A propertyupdate worked through: what to write, or why not. */
export interface PropertyUpdate {
  readonly changes: PropertyChanges;
  /** Whether every instruction can be carried out; otherwise nothing is written (RFC 4918 §9.2). */
  readonly accepted: boolean;
  /** Why properties were refused, in the order of the instructions. */
  readonly refusals: readonly Refusal[];
  /** The propstats of the answer, by status. */
  readonly propstats: readonly PropStat[];
}

/**
 * The DAV:set and DAV:remove elements below a propertyupdate, mkcalendar or mkcol element, in document order
 * (RFC 4918 §14.19). Throws BadRequest for one without DAV:prop.
 */
export function instructionsOf(body: XmlNode): readonly Instruction[] {
  return body.children.flatMap((child) => {
    if (child.name !== dav('set') && child.name !== dav('remove')) return [];
    const prop = childOf(child, dav('prop'));
    if (prop === undefined) throw new BadRequest('DAV:set and DAV:remove each hold one DAV:prop');
    return prop.children.map((node) => ({
      name: node.name,
      // The element alone is kept, so the language in scope moves onto it (RFC 4918 §4.3).
      node: child.name === dav('set') ? withInheritedLanguage(node, [prop, child, body]) : undefined,
    }));
  });
}

export interface UpdateTarget extends Partial<Surroundings> {
  /** The kind of the resource that has, or will have, the properties. */
  readonly kind: Kind;
  /** MKCALENDAR and MKCOL may set what PROPPATCH may not: the component set (RFC 4791 §5.2.3). */
  readonly creating: boolean;
  readonly limits: Pick<Limits, 'propertyOctets' | 'livePropertyOctets'>;
  /** A shared calendar in the home of a sharee, who sets what is the sharee's of it. */
  readonly isMounted?: boolean;
  /** Of a proxy: takes its one property that can be changed. Throws where the value is not acceptable. */
  readonly delegates?: { take(node: XmlNode | undefined): void } | undefined;
}

/** Works the instructions through without writing: live properties change the collection, others are kept as dead. */
export function planUpdate(instructions: readonly Instruction[], target: UpdateTarget): PropertyUpdate {
  let live: CollectionPatch = {};
  const dead = new Map<string, string | null>();
  const refusals: Refusal[] = [];
  const outcomes = instructions.map(({ name, node }): Outcome => {
    const property = PROPERTIES.get(name);
    try {
      const isDead = property === undefined || isDeadHere(property, target);
      if (isDead && target.kind === 'proxy') throw protectedProperty(name);
      const xml = node && textOf(node, isDead ? target.limits.propertyOctets : target.limits.livePropertyOctets);
      if (isDead) dead.set(name, xml ?? null);
      else live = { ...live, ...changeOf(property, node, target) };
      return { name, status: 200, error: undefined };
    } catch (error) {
      if (error instanceof Refusal) refusals.push(error);
      return refusedOutcome(name, error);
    }
  });
  const accepted = outcomes.every(({ status }) => status === 200);
  return {
    changes: { live, dead },
    accepted,
    refusals,
    propstats: propstatsOf(accepted ? outcomes : outcomes.map(failed)),
  };
}

/** A key of an index: PostgreSQL refuses those of more than 2,700 octets. */
const MOST_OF_NAME = 600;

/** What would be kept of the element, if it is not too large to be. */
function textOf(node: XmlNode, most: number): Xml {
  const xml = writeNode(node);
  if (Buffer.byteLength(xml) > most) {
    throw new Refusal('quota-not-exceeded', `This property holds at most ${most} octets`);
  }
  if (node.name.length > MOST_OF_NAME) {
    throw new Refusal('quota-not-exceeded', `The name of a property holds at most ${MOST_OF_NAME} characters`);
  }
  return xml;
}

/** A property that lives on other kinds only is, here, nobody's but the client's. */
function isDeadHere(property: Property, { kind }: UpdateTarget): boolean {
  return !property.on.includes(kind);
}

function changeOf(property: Property, node: XmlNode | undefined, target: UpdateTarget): CollectionPatch {
  if (property.onProxies && target.delegates !== undefined) {
    target.delegates.take(node);
    return {};
  }
  // Only collections are changed through other live properties: a principal is what the installation says it is.
  const isChangeable = (COLLECTION_KINDS as readonly Kind[]).includes(target.kind);
  if (!isChangeable || property.change === undefined || (property.createOnly === true && !target.creating)) {
    throw protectedProperty(property.name);
  }
  const change = property.change(node, { collectionAt: target.collectionAt ?? (() => undefined) });
  if (target.isMounted === true && !isPersonal(change)) throw protectedProperty(property.name);
  return change;
}

// Keys of the patch.
const isPersonal = (change: CollectionPatch): boolean =>
  (Object.keys(change) as (keyof CollectionPatch)[]).every((name) => PERSONAL_PROPERTIES.has(name));

const protectedProperty = (name: ClarkName): Refusal =>
  new Refusal('cannot-modify-protected-property', `${name} is protected`);

function refusedOutcome(name: ClarkName, error: unknown): Outcome {
  if (error instanceof Refusal) {
    return { name, status: refusalStatus(error), error: refusalElement(error) };
  }
  if (error instanceof BadRequest) return { name, status: 409, error: undefined };
  throw error;
}

/** What could be done alone is undone with the rest: 424 (RFC 4918 §9.2.1). */
const failed = (outcome: Outcome): Outcome => (outcome.status === 200 ? { ...outcome, status: 424 } : outcome);

function propstatsOf(outcomes: readonly Outcome[]): readonly PropStat[] {
  const groups = new Map<string, Outcome & { readonly names: Set<ClarkName> }>();
  for (const outcome of outcomes) {
    const key = `${outcome.status}${outcome.error ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...outcome, names: new Set([outcome.name]) });
    else group.names.add(outcome.name);
  }
  return [...groups.values()].map(({ status, error, names }) => ({
    status,
    props: [...names].map((name) => el(name)),
    error,
  }));
}

/** Whether a resource has properties that a client may set at all. */
export function isSettable(resource: Resource): boolean {
  return !isKind(resource, ['root', 'dav-root', 'principals', 'homes', 'principal-kind', ...DIRECTORY_KINDS]);
}
