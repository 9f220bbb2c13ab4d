import { BadRequest } from '../base/refusal.ts';
import { ROOM_MODES, type RoomPolicy } from '../scheduling/room-policy.ts';
import { readRoomPolicy } from '../scheduling/room-policy-value.ts';
import { fold } from '../store/fold.ts';
import type { PrincipalKind } from '../store/principal-schema.ts';
import type { PrincipalSpec, SpecProblem } from './principal-spec.ts';
import * as read from './provision-value.ts';

/** Names that stand in every home. */
const RESERVED = ['inbox', 'outbox', 'notification', 'freebusy'];

const calendarUri: read.Reader<string> = (value, path, problems) => {
  const uri = read.segment(value, path, problems);
  if (uri === undefined || !RESERVED.includes(uri)) return uri;
  problems.push({ path, reason: `"${uri}" is the name of a collection that every home has` });
  return undefined;
};

const calendar = read.objectOf({ uri: calendarUri, name: read.label, components: read.listOf(read.component) }, [
  'uri',
  'name',
]);

const named = { id: read.id, guid: read.segment, name: read.label, emails: read.listOf(read.email) };

const person = {
  ...named,
  password: read.password,
  passwordHash: read.passwordHash,
  admin: read.bool,
  adminReadOnly: read.bool,
  timezone: read.timeZone,
  calendars: read.listOf(calendar),
};

const policy: read.Reader<RoomPolicy> = (value, path, problems) => {
  const reading = readRoomPolicy(value, path);
  if ('policy' in reading) return reading.policy;
  problems.push(...reading.problems);
  return undefined;
};

const place = {
  ...person,
  autoSchedule: read.wordOf(ROOM_MODES),
  autoAcceptGroup: read.id,
  delegates: read.objectOf({ read: read.listOf(read.id), write: read.listOf(read.id) }),
  capacity: read.count,
  features: read.listOf(read.label),
  policy,
};

const file = read.objectOf({
  users: read.listOf(read.objectOf(person, ['id', 'name', 'emails'])),
  groups: read.listOf(read.objectOf({ ...named, members: read.listOf(read.id) }, ['id', 'name', 'members'])),
  rooms: read.listOf(read.objectOf(place, ['id', 'name', 'emails'])),
  resources: read.listOf(read.objectOf(place, ['id', 'name', 'emails'])),
});

const KINDS = { users: 'user', groups: 'group', rooms: 'room', resources: 'resource' } as const satisfies Record<
  string,
  PrincipalKind
>;

/**
 * The principals of a provisioning file. Pure: what the database holds is compared later.
 *
 * @throws BadRequest with a line for each problem, which begins with its JSON path (`users[3].emails[0]: …`).
 */
export function readProvisionFile(json: unknown): readonly PrincipalSpec[] {
  const problems: SpecProblem[] = [];
  const content = file(json, '', problems) ?? {};
  // Positions are those of the file only while nothing was dropped, so problems of form end here.
  throwIfAny(problems);
  const specs = Object.entries(KINDS).flatMap(([list, kind]) =>
    (content[list as keyof typeof KINDS] ?? []).map((fields, index) => specOf(kind, `${list}[${index}]`, fields)),
  );
  problems.push(...problemsBetween(specs));
  throwIfAny(problems);
  return specs;
}

type PrincipalFields = Omit<Partial<PrincipalSpec>, 'kind' | 'path' | 'calendars' | 'delegates'> & {
  readonly calendars?: readonly {
    readonly uri?: string;
    readonly name?: string;
    readonly components?: readonly string[];
  }[];
  readonly delegates?: { readonly read?: readonly string[]; readonly write?: readonly string[] };
};

function specOf(kind: PrincipalKind, path: string, fields: PrincipalFields): PrincipalSpec {
  const { id = '', name = '', calendars, delegates, ...rest } = fields; // both are required: never empty here
  return {
    ...rest,
    kind,
    path,
    id,
    name,
    calendars: calendars?.map(({ uri = '', name: label = '', components }) => ({ uri, name: label, components })),
    delegates: delegates === undefined ? undefined : { read: delegates.read, write: delegates.write },
  };
}

/** Throws one BadRequest that holds every problem. */
export function throwIfAny(problems: readonly SpecProblem[]): void {
  if (problems.length > 0) throw new BadRequest(problems.map(({ path, reason }) => `${path}: ${reason}`).join('\n'));
}

/** What no principal shows by itself: ids, addresses and guids that are given twice. Ids compare without case. */
function problemsBetween(specs: readonly PrincipalSpec[]): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  const unique = (what: string): ((value: string, path: string) => void) => {
    const seen = new Map<string, string>();
    return (value, path) => {
      const first = seen.get(fold(value));
      if (first === undefined) seen.set(fold(value), path);
      else problems.push({ path, reason: `"${value}" is also ${what} of ${first}` });
    };
  };
  const [ids, guids, addresses] = [unique('the id'), unique('the guid'), unique('an address')];
  for (const spec of specs) {
    const { path, guid, emails = [], calendars = [], password, passwordHash } = spec;
    ids(spec.id, `${path}.id`);
    if (guid !== undefined) guids(guid, `${path}.guid`);
    emails.forEach((address, index) => addresses(address, `${path}.emails[${index}]`));
    const uris = unique('the uri');
    calendars.forEach(({ uri }, index) => uris(uri, `${path}.calendars[${index}].uri`));
    if (password !== undefined && passwordHash !== undefined) {
      problems.push({ path: `${path}.passwordHash`, reason: 'cannot be given together with password' });
    }
    if (spec.members?.includes(spec.id))
      problems.push({ path: `${path}.members`, reason: 'a group cannot be its own member' });
  }
  // The id and every address are log-in names: a name that means two people would let one in as the other.
  const owners = new Map(specs.flatMap(({ id, emails = [] }) => emails.map((address) => [fold(address), id])));
  for (const { id, path } of specs) {
    const owner = owners.get(fold(id));
    if (owner !== undefined && owner !== id)
      problems.push({ path: `${path}.id`, reason: `"${id}" is an address of "${owner}"` });
  }
  return problems;
}
