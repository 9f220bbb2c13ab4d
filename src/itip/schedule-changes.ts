import { propertiesOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { addressKey } from './address.ts';
import { isSameLine } from './component-edit.ts';
import { MASTER, type InstanceKey } from './instance-key.ts';
import { messageComponents, type ItipMessage } from './message.ts';
import type { Outcome } from './outcome.ts';
import { instanceOf, readSeries, type Series } from './series.ts';

/** What a message has changed in the receiver's object, as its inbox item tells (caldav-schedulingchanges §4.1.2). */
export interface ScheduleChanges {
  readonly action: 'create' | 'update' | 'cancel' | 'reply';
  /** Of a reply: the address of who has answered. */
  readonly attendee?: string;
  /** Of a cancellation of the whole, and of what is new, none. */
  readonly instances: readonly InstanceChanges[];
}

export interface InstanceChanges {
  /** '' for the master, or for what does not recur. */
  readonly instance: InstanceKey;
  /** None for a cancellation, and for an instance that there was not before, or is not any more. */
  readonly properties: readonly PropertyChange[];
}

export interface PropertyChange {
  readonly name: string;
  /** Names of the parameters that differ. */
  readonly parameters: readonly string[];
}

/** What the outcome of a message was; undefined where it has changed nothing. */
export function scheduleChanges(
  before: Component | undefined,
  message: ItipMessage,
  { outcome, calendar, changes = [], answers = [] }: Outcome,
): ScheduleChanges | undefined {
  if (outcome === 'created') return { action: 'create', instances: [] };
  if (outcome === 'removed') return { action: 'cancel', instances: [] };
  const [known, made] = [before && readSeries(before), calendar && readSeries(calendar)];
  if (outcome !== 'updated' || known === undefined || made === undefined) return undefined;
  if (message.method === 'CANCEL') {
    const keys = changes.map(({ instance }) => instance);
    const instances = keys.includes(MASTER) ? [] : keys.map((instance) => ({ instance, properties: [] }));
    return { action: 'cancel', instances };
  }
  if (message.method !== 'REPLY') return { action: 'update', instances: instancesOf(known, made) };
  const attendee = answers[0]?.address ?? repliers(message)[0];
  const instances = instancesOf(known, made).map(ofReply);
  return { action: 'reply', ...(attendee !== undefined && { attendee: plainScheme(attendee) }), instances };
}

/** Schemes are the same in any case (RFC 3986 §3.1), and clients compare addresses as text. */
const plainScheme = (address: string): string =>
  address.replace(/^[a-z][a-z0-9+.-]*:/i, (scheme) => scheme.toLowerCase());

const repliers = (message: ItipMessage): readonly string[] =>
  messageComponents(message).flatMap((component) => propertiesOf(component, P.ATTENDEE).map(({ value }) => value));

/** An answer is a matter of PARTSTAT; that nobody waits for it any more goes without saying. */
const ofReply = ({ instance, properties }: InstanceChanges): InstanceChanges => ({
  instance,
  properties: properties.map(({ name, parameters }) => ({
    name,
    parameters: parameters.filter((parameter) => parameter !== 'RSVP'),
  })),
});

/** The instances that differ; the definition asks for at least one. */
function instancesOf(before: Series, after: Series): readonly InstanceChanges[] {
  const keys = new Set([MASTER, ...before.overrides.keys(), ...after.overrides.keys()]);
  const found: InstanceChanges[] = [];
  for (const instance of [...keys].sort()) {
    const [was, is] = [instanceOf(before, instance), instanceOf(after, instance)];
    const properties = was === undefined || is === undefined ? [] : changedProperties(was, is);
    if (properties.length > 0 || (was === undefined) !== (is === undefined)) found.push({ instance, properties });
  }
  return found.length > 0
    ? found
    : [{ instance: after.master === undefined ? firstOf(after) : MASTER, properties: [] }];
}

const firstOf = ({ overrides }: Series): InstanceKey => [...overrides.keys()].sort()[0] ?? MASTER;

/** Each change changes them. */
const STAMPS: ReadonlySet<string> = new Set([
  ...[P.DTSTAMP, P['LAST-MODIFIED'], P.CREATED, P.SEQUENCE, P['REQUEST-STATUS']],
]);

function changedProperties(before: Component, after: Component): readonly PropertyChange[] {
  const [was, is] = [byName(before), byName(after)];
  const found: PropertyChange[] = [];
  for (const name of [...new Set([...was.keys(), ...is.keys()])].sort()) {
    const [old, fresh] = [was.get(name) ?? [], is.get(name) ?? []];
    const parameters = differences(old, fresh);
    if (parameters !== undefined) found.push({ name, parameters });
  }
  return found;
}

function byName({ properties }: Component): ReadonlyMap<string, readonly Property[]> {
  const found = new Map<string, Property[]>();
  for (const property of properties) {
    if (STAMPS.has(property.name)) continue;
    const known = found.get(property.name);
    if (known === undefined) found.set(property.name, [property]);
    else known.push(property);
  }
  return found;
}

/** Names of the parameters that differ between properties of one name; undefined: nothing differs. */
function differences(before: readonly Property[], after: readonly Property[]): readonly string[] | undefined {
  const isSame = before.length === after.length && before.every((each, at) => isSameLine(each, after[at]));
  if (isSame) return undefined;
  const left = new Map(before.map((property) => [identity(property, before), property]));
  let isChanged = before.length !== after.length;
  const names = new Set<string>();
  for (const property of after) {
    const was = left.get(identity(property, after));
    if (was !== undefined && isSameLine(was, property)) continue;
    if (was === undefined) isChanged = true;
    else for (const name of changedParameters(was, property)) names.add(name);
    isChanged ||= was?.value !== property.value && !isAddress(property);
  }
  return isChanged || names.size > 0 ? [...names].sort() : undefined;
}

const isAddress = ({ name }: Property): boolean => name === P.ATTENDEE || name === P.ORGANIZER;

/** What tells a property from others of its name. */
function identity(property: Property, all: readonly Property[]): string {
  if (isAddress(property)) return addressKey(property.value);
  return all.length === 1 ? '' : property.value;
}

/** What the server notes there for itself is no change of the meeting (RFC 6638 §7.3). */
function changedParameters({ params: was }: Property, { params: is }: Property): readonly string[] {
  const text = (values: readonly string[] | undefined): string => (values ?? []).join('\n');
  return [...new Set([...was.keys(), ...is.keys()])].filter(
    (name) => name !== 'SCHEDULE-STATUS' && text(was.get(name)) !== text(is.get(name)),
  );
}
