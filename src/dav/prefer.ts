import type { IncomingHttpHeaders } from 'node:http';

/** What the client would rather have: RFC 7240, RFC 8144. */
export interface Preferences {
  /** `return=minimal`, or Apple's `Brief: t`: leave out what was not found, or what was done as asked. */
  readonly minimal: boolean;
  /** `return=representation`: send the resource back, also with a 412 (RFC 8144 §3). */
  readonly representation: boolean;
  /** `depth-noroot`: leave the resource of the Request-URI out of the answer (RFC 8144 §4). */
  readonly noroot: boolean;
  /** The names that came in Prefer and may be named in Preference-Applied. */
  readonly named: ReadonlySet<Preference>;
  /** What CalDAV-Timezones says: every VTIMEZONE, or none that is standard; undefined leaves the data as it was sent. */
  readonly timezones?: 'every' | 'no-standard' | undefined;
}

export type Preference = 'return=minimal' | 'return=representation' | 'depth-noroot';

const NONE: Preferences = { minimal: false, representation: false, noroot: false, named: new Set() };

/** The Prefer and Brief headers, and CalDAV-Timezones (RFC 7809 §7.1), which is one in all but its form. */
export function parsePreferences(headers: IncomingHttpHeaders): Preferences {
  const asked = String(headers['caldav-timezones'] ?? '').trim();
  const timezones = /^t$/i.test(asked) ? 'every' : /^f$/i.test(asked) ? 'no-standard' : undefined;
  return { ...parsePrefer(headers), timezones };
}

/**
 * The Prefer and Brief headers. Unknown preferences are ignored, and of one that comes twice the first counts
 * (RFC 7240 §2).
 */
export function parsePrefer(headers: IncomingHttpHeaders): Preferences {
  const brief =
    String(headers['brief'] ?? '')
      .trim()
      .toLowerCase() === 't';
  const prefer = headers['prefer'];
  if (prefer === undefined) return brief ? { ...NONE, minimal: true } : NONE;
  const values = preferencesIn(String(prefer));
  const named = new Set<Preference>();
  const wanted = values.get('return');
  if (wanted === 'minimal' || wanted === 'representation') named.add(`return=${wanted}`);
  if (values.has('depth-noroot')) named.add('depth-noroot');
  const representation = named.has('return=representation');
  return {
    minimal: named.has('return=minimal') || (brief && !representation),
    representation,
    noroot: named.has('depth-noroot'),
    named,
  };
}

/** Name in lower case to value; `preference = token [ BWS "=" BWS word ] *( OWS ";" … )` (RFC 7240 §2). */
function preferencesIn(header: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const preference of header.split(',')) {
    const [head = ''] = preference.split(';');
    const [name = '', value = ''] = head.split('=', 2);
    const key = name.trim().toLowerCase();
    if (key === '' || values.has(key)) continue;
    values.set(
      key,
      value
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase(),
    );
  }
  return values;
}

/**
 * Preference-Applied for those that the answer honoured and that Prefer named (Brief has no such answer), and Vary:
 * the answer depends on both headers whether they were sent or not (RFC 7240 §2, §3).
 */
export function preferenceHeaders(
  { named }: Preferences,
  applied: readonly Preference[],
): Readonly<Record<string, string>> {
  const said = applied.filter((preference) => named.has(preference));
  return said.length === 0 ? VARY : { ...VARY, 'Preference-Applied': said.join(', ') };
}

const VARY = { Vary: 'Brief, Prefer, CalDAV-Timezones' } as const;
