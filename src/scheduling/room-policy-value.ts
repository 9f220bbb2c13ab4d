import { WEEKDAYS, type DayHours, type RoomPolicy, type Weekday } from './room-policy.ts';

/** Something wrong in a policy: a JSON path and what is wrong there. */
export interface PolicyProblem {
  readonly path: string;
  readonly reason: string;
}

export type PolicyReading = { readonly policy: RoomPolicy } | { readonly problems: readonly PolicyProblem[] };

type Read = (value: unknown, path: string, problems: PolicyProblem[]) => unknown;

/** More than these say nothing sensible; a policy is a few hundred octets. */
const MOST_NAMES = 1000;
const MOST_STRETCHES = 24;

/**
 * Reads a policy as JSON has it:
 * `{"hours": {"MO": [["08:00", "18:00"]]}, "longestMinutes": 240, "horizonDays": 90, "noticeMinutes": 30,
 * "openBookings": 5, "bookers": {"people": ["alice"], "groups": ["staff"]}, "approvers": ["bob"], "series": true,
 * "mostInstances": 52, "tentativeHolds": true}`. Every field may be left out; a field that is not known is a problem.
 */
export function readRoomPolicy(value: unknown, path = ''): PolicyReading {
  const problems: PolicyProblem[] = [];
  const policy = readFields(FIELDS, value, path, problems);
  // Each field was read by its own reader, and none is left where there is a problem.
  return problems.length > 0 ? { problems } : { policy: policy as RoomPolicy };
}

/** The policy as JSON that readRoomPolicy reads. */
export function writeRoomPolicy(policy: RoomPolicy): Readonly<Record<string, unknown>> {
  const { hours, ...rest } = policy;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  if (hours === undefined) return Object.fromEntries(given);
  const days = WEEKDAYS.flatMap((day) => {
    const stretches = hours[day];
    return stretches === undefined ? [] : [[day, stretches.map(({ from, to }) => [clockText(from), clockText(to)])]];
  });
  return { hours: Object.fromEntries(days) as unknown, ...Object.fromEntries(given) };
}

const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

function readFields(
  fields: Readonly<Record<string, Read>>,
  value: unknown,
  path: string,
  problems: PolicyProblem[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push({ path, reason: 'expected an object' });
    return {};
  }
  const found: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (read === undefined) problems.push({ path: at, reason: 'unknown field' });
    else found[name] = read(field, at, problems);
  }
  return found;
}

function wholeNumber(from: number, to: number): Read {
  return (value, path, problems) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to) {
      problems.push({ path, reason: `expected a whole number from ${from} to ${to}` });
    }
    return value;
  };
}

const bool: Read = (value, path, problems) => {
  if (typeof value !== 'boolean') problems.push({ path, reason: 'expected true or false' });
  return value;
};

const names: Read = (value, path, problems) => {
  const isRight =
    Array.isArray(value) &&
    value.length <= MOST_NAMES &&
    value.every((name) => typeof name === 'string' && name !== '' && name.length <= 255);
  if (!isRight) problems.push({ path, reason: `expected a list of at most ${MOST_NAMES} ids` });
  return value;
};

const bookers: Read = (value, path, problems) => ({
  people: [],
  groups: [],
  ...readFields({ people: names, groups: names }, value, path, problems),
});

const stretches: Read = (value, path, problems) => {
  if (!Array.isArray(value) || value.length > MOST_STRETCHES) {
    problems.push({
      path,
      reason: `expected a list of at most ${MOST_STRETCHES} stretches such as ["08:00", "18:00"]`,
    });
    return [];
  }
  return value.flatMap((each: unknown, at): DayHours[] => {
    const [from, to] = Array.isArray(each) && each.length === 2 ? each.map(minuteOf) : [];
    if (from !== undefined && to !== undefined && from < to) return [{ from, to }];
    problems.push({ path: `${path}[${at}]`, reason: 'expected two times such as ["08:00", "18:00"], up to "24:00"' });
    return [];
  });
};

function minuteOf(text: unknown): number | undefined {
  const [, hour, minute] = (typeof text === 'string' ? /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) : undefined) ?? [];
  const count = Number(hour) * 60 + Number(minute);
  return count <= 1440 ? count : undefined;
}

const hours: Read = (value, path, problems) => readFields(DAYS, value, path, problems);
const DAYS = Object.fromEntries(WEEKDAYS.map((day): [Weekday, Read] => [day, stretches]));

const FIELDS: Readonly<Record<keyof RoomPolicy, Read>> = {
  hours,
  longestMinutes: wholeNumber(1, 525_600),
  horizonDays: wholeNumber(1, 3650),
  noticeMinutes: wholeNumber(0, 525_600),
  openBookings: wholeNumber(0, 100_000),
  bookers,
  approvers: names,
  series: bool,
  mostInstances: wholeNumber(1, 5000),
  tentativeHolds: bool,
};
