import { passwordFault } from '../auth/passwords.ts';
import { isTimeZone } from '../base/zone-name.ts';
import { CALENDAR_COMPONENTS } from '../ical/component.ts';
import type { SpecProblem } from './principal-spec.ts';

/** Reads a JSON value at a path; adds a problem and gives undefined where it is not what is expected. */
export type Reader<T> = (value: unknown, path: string, problems: SpecProblem[]) => T | undefined;

/** A text of which `reason` says what is wrong; undefined: nothing. */
export function textWhere(reason: (text: string) => string | undefined): Reader<string> {
  return (value, path, problems) => {
    const wrong = typeof value === 'string' ? reason(value) : 'expected a text';
    if (wrong === undefined) return value as string; // no reason means that it is a string
    problems.push({ path, reason: wrong });
    return undefined;
  };
}

export const bool: Reader<boolean> = (value, path, problems) => {
  if (typeof value === 'boolean') return value;
  problems.push({ path, reason: 'expected true or false' });
  return undefined;
};

export const count: Reader<number> = (value, path, problems) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  problems.push({ path, reason: 'expected a whole number from 0' });
  return undefined;
};

export function wordOf<const T extends string>(words: readonly T[]): Reader<T> {
  return (value, path, problems) => {
    const word = words.find((known) => known === value);
    if (word === undefined) problems.push({ path, reason: `expected one of ${words.join(', ')}` });
    return word;
  };
}

export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, path, problems) => {
    if (!Array.isArray(value)) {
      problems.push({ path, reason: 'expected a list' });
      return undefined;
    }
    // The type of an element is what `read` finds out.
    return value.flatMap((element: unknown, index) => {
      const found = read(element, `${path}[${index}]`, problems);
      return found === undefined ? [] : [found];
    });
  };
}

type Fields = Readonly<Record<string, Reader<unknown>>>;
type ValueOf<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Reader<infer V> ? V : never };

/** An object with no other fields than these. */
export function objectOf<F extends Fields>(
  fields: F,
  required: readonly (keyof F & string)[] = [],
): Reader<ValueOf<F>> {
  return (value, path, problems) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push({ path: path === '' ? 'the file' : path, reason: 'expected an object' });
      return undefined;
    }
    const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
    const found: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(value)) {
      const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (read === undefined) problems.push({ path: at(name), reason: 'unknown field' });
      else found[name] = read(field, at(name), problems);
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name)) problems.push({ path: at(name), reason: 'is missing' });
    }
    return found as ValueOf<F>; // each value was read by its own field
  };
}

const isPrintable = (text: string): boolean => !/[\u0000-\u001f\u007f]/.test(text) && text.isWellFormed();

export const label = textWhere((text) => {
  if (text.trim() === '') return 'expected a text that is not empty';
  if (text.length > 500) return 'is longer than 500 characters';
  return isPrintable(text) ? undefined : 'holds control characters';
});

/** A segment of a URL path: an id or the name of a calendar. */
export const segment = textWhere((text) => {
  if (text === '' || text === '.' || text === '..') return 'cannot name anything in a URL';
  if (text.length > 255) return 'is longer than 255 characters';
  if (text.trim() !== text) return 'begins or ends with a space';
  return isPrintable(text) && !text.includes('/') ? undefined : 'holds a slash or control characters';
});

/** An id is also a log-in name, in which Basic log-in allows no colon (RFC 7617 §2). */
export const id: Reader<string> = (value, path, problems) => {
  const text = segment(value, path, problems);
  if (text === undefined || !text.includes(':')) return text;
  problems.push({ path, reason: 'holds a colon, which a log-in name cannot have' });
  return undefined;
};

export const email = textWhere((text) => {
  if (/^mailto:/i.test(text)) return 'expected an address without mailto:';
  if (text.length > 320) return 'is longer than 320 characters';
  return /^[^\s@<>(),:;"]+@[^\s@<>(),:;"]+$/.test(text) && isPrintable(text)
    ? undefined
    : 'expected an e-mail address such as alice@example.com';
});

export const password = textWhere((text) =>
  text === '' ? 'is empty; leave it out where there is no log-in' : passwordFault(text),
);

/** The PHC string format has its parameters in the order m, t, p; what hashes here writes m, p, t. */
const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7})(?:,t=(\d{1,3}),p=\d{1,2}|,p=\d{1,2},t=(\d{1,3}))\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/;
/** A log-in computes the hash: one that takes more than 1 GiB or 100 passes would stop the server. */
const MOST_MEMORY_KIB = 1024 * 1024;
const MOST_PASSES = 100;

export const passwordHash = textWhere((text) => {
  const [, memory, first, last] = PHC.exec(text) ?? [];
  const passes = first ?? last;
  if (memory === undefined) return 'expected an argon2id hash, $argon2id$v=19$m=…,t=…,p=…$salt$hash';
  return Number(memory) > MOST_MEMORY_KIB || Number(passes) > MOST_PASSES ? 'costs too much to verify' : undefined;
});

export const timeZone = textWhere((text) =>
  isTimeZone(text) ? undefined : 'expected an IANA time zone such as Europe/Berlin',
);

export const component = wordOf(CALENDAR_COMPONENTS);
