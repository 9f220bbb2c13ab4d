import { Refusal } from '../base/refusal.ts';
import { createTurns } from '../base/turns.ts';
import { deadPropertiesOfMany, type DeadProperties } from '../calendar/dead-properties.ts';
import { refusalElement, refusalStatus } from './error-body.ts';
import { madeOf } from './made-of.ts';
import type { Preferences } from './prefer.ts';
import type { PropRequest } from './prop-request.ts';
import { PROPERTIES } from './properties/index.ts';
import type { DavContext, Property, Value } from './property.ts';
import type { Kind, Resource } from './resource.ts';
import type { DavResponse, PropStat } from './xml/multistatus.ts';
import type { ClarkName } from './xml/names.ts';
import type { Xml } from './xml/node.ts';
import { el, join, storedXml } from './xml/write.ts';

/** The properties of one resource (RFC 4918 §9.1). */
export async function propstatsOf(
  resource: Resource,
  request: PropRequest,
  context: DavContext,
  preferences: Pick<Preferences, 'minimal'>,
): Promise<readonly PropStat[]> {
  const [response] = await responsesOf([resource], request, context, preferences);
  if (response === undefined || 'status' in response) return [];
  return 'found' in response ? [{ status: 200, props: [response.found] }] : response.propstats;
}

/**
 * The DAV:response of each resource of a page. Dead properties are read for the whole page at once, and only where
 * a name is asked for that is not live there; nothing is awaited for properties whose value is at hand.
 */
export async function responsesOf(
  resources: readonly Resource[],
  request: PropRequest,
  context: DavContext,
  preferences: Pick<Preferences, 'minimal'>,
): Promise<readonly DavResponse[]> {
  const planFor = plansOf(request);
  const dead = await deadPropertiesFor(resources, planFor, context);
  const responses = resources.map((resource) => {
    const own = dead.get(idOf(resource) ?? '') ?? NO_DEAD;
    return responseIn({ plan: planFor(resource.kind), resource, dead: own, context, minimal: preferences.minimal });
  });
  // Promise.all over a page of values that are all at hand would cost more than the values.
  return responses.some(isPromise) ? Promise.all(responses) : (responses as readonly DavResponse[]);
}

/** The same for any number of resources, with breaks for the other requests. */
export async function* responsesInSlices(
  resources: readonly Resource[],
  request: PropRequest,
  { context, preferences }: { readonly context: DavContext; readonly preferences: Pick<Preferences, 'minimal'> },
): AsyncGenerator<DavResponse, void> {
  const turns = createTurns();
  for (const slice of slicesOf(resources, request)) {
    if (turns.isDue()) await turns.take();
    yield* await responsesOf(slice, request, context, preferences);
  }
}

/** Properties that are looked up at a time, over all resources: some tens of milliseconds. */
const MOST_LOOKED_UP = 20_000;
/** Resources whose dead properties are held at a time, each of which may have megabytes of them. */
const MOST_WITH_DEAD = 50;

/** The resources in slices for responsesOf, so that a long list of properties of many of them is no one piece of work. */
export function* slicesOf(resources: readonly Resource[], request: PropRequest): Generator<readonly Resource[]> {
  const [first] = resources;
  if (first === undefined) return;
  const { asks, dead } = plansOf(request)(first.kind);
  const size = Math.max(1, Math.floor(MOST_LOOKED_UP / Math.max(1, asks.length)));
  const step = dead === 'none' ? size : Math.min(size, MOST_WITH_DEAD);
  for (let from = 0; from < resources.length; from += step) yield resources.slice(from, from + step);
}

const NO_DEAD: DeadProperties = new Map();

/** One property asked for; without a `property` it can only be a dead one. */
interface Ask {
  readonly name: ClarkName;
  readonly property: Property | undefined;
  /** Whether the request names it, so that it is missed where it is not there. */
  readonly named: boolean;
}

/** What a request means on one kind of resource. */
interface Plan {
  readonly asks: readonly Ask[];
  readonly dead: 'none' | 'named' | 'all';
  readonly namesOnly: boolean;
}

/** What a request means on each kind: kept with it, for the same question comes again (readQuestion). */
const plansOf = madeOf((request: PropRequest): ((kind: Kind) => Plan) => {
  const plans = new Map<Kind, Plan>();
  return (kind) => {
    let plan = plans.get(kind);
    if (plan === undefined) plans.set(kind, (plan = planOf(request, kind)));
    return plan;
  };
});

function planOf(request: PropRequest, kind: Kind): Plan {
  if (request.kind === 'prop') {
    const asks = request.names.map((name) => askFor(name, request, kind));
    return { asks, dead: asks.some(({ property }) => property === undefined) ? 'named' : 'none', namesOnly: false };
  }
  const namesOnly = request.kind === 'propname';
  const here = [...PROPERTIES.values()].filter(({ on, allprop }) => on.includes(kind) && (namesOnly || allprop));
  const asks = here.map((property): Ask => ({ name: property.name, property, named: false }));
  const included = request.kind === 'allprop' ? request.include : [];
  const more = included.filter((name) => !asks.some((ask) => ask.name === name));
  return { asks: [...asks, ...more.map((name) => askFor(name, request, kind))], dead: 'all', namesOnly };
}

/** On a kind that the registry's property is not for, a client may have set a dead one of that name. */
function askFor(name: ClarkName, { computed }: PropRequest, kind: Kind): Ask {
  const property = computed?.find((candidate) => candidate.name === name) ?? PROPERTIES.get(name);
  return { name, property: property?.on.includes(kind) === true ? property : undefined, named: true };
}

async function deadPropertiesFor(
  resources: readonly Resource[],
  planFor: (kind: Kind) => Plan,
  { calendar }: DavContext,
): Promise<ReadonlyMap<string, DeadProperties>> {
  const ids: string[] = [];
  for (const resource of resources) {
    if (planFor(resource.kind).dead === 'none' || isBusyOnly(resource)) continue;
    const id = idOf(resource);
    if (id !== undefined) ids.push(id);
  }
  return ids.length === 0 ? new Map() : deadPropertiesOfMany(calendar, ids);
}

/** What clients have noted at an object says more of it than its times. */
const isBusyOnly = (resource: Resource): boolean => resource.kind === 'object' && resource.object.isBusyOnly === true;

/** The id that dead properties are kept under; folders above homes and principals have none. */
function idOf(resource: Resource): string | undefined {
  if (resource.kind === 'object') return resource.object.id;
  if (resource.kind === 'principal') return resource.principal.id;
  // Those of a shared calendar are the sharee's own (caldav-sharing §5.5.3).
  return 'collection' in resource ? (resource.collection.mount ?? resource.collection).id : undefined;
}

interface Question {
  readonly plan: Plan;
  readonly resource: Resource;
  readonly dead: DeadProperties;
  readonly context: DavContext;
  readonly minimal: boolean;
}

type Answer = Value | Refusal;

function responseIn(question: Question): DavResponse | Promise<DavResponse> {
  const { plan, resource } = question;
  const { href } = resource;
  const answers = plan.asks.map((ask) => answerTo(ask, question));
  // The usual case: each property is there and at hand, and the rest is to join them.
  if (plan.dead !== 'all' && answers.every(isXml)) return { href, found: join(...answers) };
  if (!answers.some(isPromise)) return { href, propstats: sorted(question, answers as readonly Settled[]) };
  return Promise.all(answers.map(settled)).then((all) => ({ href, propstats: sorted(question, all) }));
}

function answerTo({ name, property }: Ask, { resource, dead, context }: Question): Answer {
  if (property === undefined) {
    const xml = dead.get(name);
    return xml === undefined ? undefined : storedXml(xml);
  }
  try {
    return property.value(resource, context);
  } catch (error) {
    return asRefusal(error);
  }
}

type Settled = Xml | Refusal | undefined;

const isXml = (value: Answer): value is Xml => typeof value === 'string';
const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;
const settled = (answer: Answer): Settled | Promise<Settled> => (isPromise(answer) ? answer.catch(asRefusal) : answer);

/** A property that is refused, such as an expansion past its bound, does not take the other properties along. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

function sorted({ plan, dead, minimal }: Question, answers: readonly Settled[]): readonly PropStat[] {
  const found: Xml[] = [];
  const missing: Xml[] = [];
  const refused: PropStat[] = [];
  for (const [index, { name, named }] of plan.asks.entries()) {
    const answer = answers[index];
    if (answer instanceof Refusal) {
      refused.push({ status: refusalStatus(answer), props: [el(name)], error: refusalElement(answer) });
    } else if (answer !== undefined) found.push(plan.namesOnly ? el(name) : answer);
    else if (named && !minimal) missing.push(el(name));
  }
  if (plan.dead === 'all') found.push(...deadOf(plan, dead));
  const propstats: PropStat[] = found.length > 0 ? [{ status: 200, props: found }] : [];
  if (missing.length > 0) propstats.push({ status: 404, props: missing });
  return refused.length === 0 ? propstats : [...propstats, ...refused];
}

/** All dead properties but those that were asked for by name as well. */
function deadOf({ asks, namesOnly }: Plan, dead: DeadProperties): readonly Xml[] {
  const all: Xml[] = [];
  for (const [name, xml] of dead) {
    if (asks.some((ask) => ask.name === name)) continue;
    // The keys are the names under which the properties were set.
    all.push(namesOnly ? el(name as ClarkName) : storedXml(xml));
  }
  return all;
}
