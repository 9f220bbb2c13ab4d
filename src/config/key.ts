import { isTimeZone } from '../base/zone-name.ts';
import { isAllowEntry } from '../net/fetch.ts';

/** What a value must be. `parse` gives undefined for a value that is not of this type. */
export interface KeyType<T> {
  /** What is expected, as the end of the sentence "expected …". */
  readonly expected: string;
  /** A value of the JSON file. */
  fromJson(value: unknown): T | undefined;
  /** A value of the environment or the command line. */
  fromText(text: string): T | undefined;
}

/** One configuration key. */
export interface Key<T = unknown> {
  readonly type: KeyType<T>;
  readonly default: T;
  /** One sentence for docs/configuration.md. */
  readonly doc: string;
  /** The value is never printed. */
  readonly secret: boolean;
}

export const key = <T>(type: KeyType<T>, fallback: T, doc: string, secret = false): Key<T> => ({
  type,
  default: fallback,
  doc,
  secret,
});

const ofString = <T>(expected: string, parse: (text: string) => T | undefined): KeyType<T> => ({
  expected,
  fromJson: (value) => (typeof value === 'string' ? parse(value) : undefined),
  fromText: parse,
});

export const text = ofString('a text that is not empty', (value) => (value.trim() === '' ? undefined : value));

export const oneOf = <const T extends string>(...words: readonly T[]): KeyType<T> =>
  ofString(`one of ${words.join(', ')}`, (value) => words.find((word) => word === value));

export const flag: KeyType<boolean> = {
  expected: 'true or false',
  fromJson: (value) => (typeof value === 'boolean' ? value : undefined),
  fromText: (value) =>
    value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : undefined,
};

export function wholeNumber(min: number, max: number): KeyType<number> {
  const within = (value: number): number | undefined =>
    Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
  return {
    expected: max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`,
    fromJson: (value) => (typeof value === 'number' ? within(value) : undefined),
    fromText: (value) => (/^-?\d+$/.test(value) ? within(Number(value)) : undefined),
  };
}

export const timeZone = ofString('an IANA time zone such as Europe/Berlin', (value) =>
  isTimeZone(value) ? value : undefined,
);

/** The address that people see, and every link is built from: an origin, without a path. */
export const origin = ofString(
  'an http or https address without a path, such as https://calendar.example.org',
  (value) => {
    if (!URL.canParse(value)) return undefined;
    const url = new URL(value);
    const bare =
      url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
    return bare && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : undefined;
  },
);

/** RFC 8292 §2.1: how a push service reaches who sends. */
export const contact = ofString('a mailto: or https: address', (value) =>
  /^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s/]+\S*)$/.test(value) && URL.canParse(value) ? value : undefined,
);

/** addr-spec of RFC 5322 §3.4.1 as mail servers of today take it: no quoted local part, a domain name. */
export const mailAddress = ofString('a mail address such as calendar@example.org', (value) =>
  /^[a-z0-9.!#$%&'*/=?^_`{|}~-]+@(?:[a-z0-9-]+\.)*[a-z0-9-]+$/i.test(value) ? value : undefined,
);

/** Domain names: a JSON list, or one text with commas between them. */
export const domains: KeyType<readonly string[]> = {
  expected: 'a list of domains, such as example.org, example.com',
  fromJson: (value) =>
    Array.isArray(value) && value.every((entry) => typeof entry === 'string' && DOMAIN.test(entry))
      ? value.map((entry) => String(entry).toLowerCase())
      : undefined,
  fromText(value) {
    const entries = value.split(/[\s,]+/).filter((entry) => entry !== '');
    return entries.every((entry) => DOMAIN.test(entry)) ? entries.map((entry) => entry.toLowerCase()) : undefined;
  },
};

const DOMAIN = /^(?:[a-z0-9-]+\.)*[a-z0-9-]+$/i;

export const databaseUrl = ofString('postgres://USER@HOST/NAME or sqlite:FILE', (value) =>
  (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) || /^sqlite:./.test(value) ? value : undefined,
);

/** Networks and hosts: a JSON list, or one text with commas between them. */
export const reachable: KeyType<readonly string[]> = {
  expected: 'a list of networks, addresses and host names, such as 10.0.0.0/8, intranet.example, *.corp.example',
  fromJson: (value) =>
    Array.isArray(value) && value.every((entry) => typeof entry === 'string' && isAllowEntry(entry))
      ? value.map(String)
      : undefined,
  fromText(value) {
    const entries = value.split(/[\s,]+/).filter((entry) => entry !== '');
    return entries.every(isAllowEntry) ? entries : undefined;
  },
};

/** A key that may be left unset. */
export const optional = <T>(type: KeyType<T>): KeyType<T | undefined> => type;
