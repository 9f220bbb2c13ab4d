import type { HeaderField } from './header-fields.ts';
import { asciiDomain, isWithin } from './mail-domain.ts';

/** What one method of an Authentication-Results field has found (RFC 8601 §2.2). */
export interface AuthenticationResult {
  /** dkim, spf, dmarc, arc, … */
  readonly method: string;
  readonly result: string;
  /** Such as `header.d`; names and values in lower case. */
  readonly properties: ReadonlyMap<string, string>;
  /** Its comments, where programs write the policy. */
  readonly comments: string;
}

/** No server writes as much; what is longer says nothing. */
const MOST_TEXT = 16 * 1024;

/** The field's authserv-id in lower case and its results. */
export function readAuthenticationResults(value: string): {
  readonly authserv: string;
  readonly results: readonly AuthenticationResult[];
} {
  const [head = '', ...parts] = splitAtSemicolons(value.length > MOST_TEXT ? '' : value);
  const authserv = (withoutComments(head).text.trim().split(/\s+/)[0] ?? '').replace(/^"|"$/g, '').toLowerCase();
  return { authserv, results: parts.flatMap((part) => resultIn(part) ?? []) };
}

function resultIn(part: string): AuthenticationResult | undefined {
  const { text, comments } = withoutComments(part);
  const pairs = [
    ...text.matchAll(/(?<![a-z0-9.-])([a-z0-9.-]+)(?:\s*\/\s*\d+)?\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)/gi),
  ].map(([, name = '', said = '']) => [name.toLowerCase(), said.replace(/^"|"$/g, '').toLowerCase()] as const);
  const [first, ...others] = pairs;
  if (first === undefined) return undefined;
  return { method: first[0], result: first[1], properties: new Map(others), comments: comments.toLowerCase() };
}

/** Outside quotes and comments. */
function splitAtSemicolons(value: string): readonly string[] {
  const parts = [''];
  for (const { char, place, raw } of charsOf(value)) {
    if (char === ';' && place === 'text') parts.push('');
    else parts[parts.length - 1] += raw;
  }
  return parts;
}

function withoutComments(value: string): { readonly text: string; readonly comments: string } {
  let [text, comments] = ['', ''];
  for (const { char, place, raw } of charsOf(value)) {
    if (place === 'comment') comments += char;
    else text += raw;
  }
  return { text, comments };
}

interface Char {
  readonly char: string;
  readonly place: 'text' | 'quotes' | 'comment';
  /** As it is written, with what escapes it. */
  readonly raw: string;
}

/** Comments are in brackets, which may hold others (RFC 5322 §3.2.2). */
function* charsOf(value: string): Generator<Char, void> {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const char = value[at] ?? '';
    if (char === '\\') {
      const next = value[++at] ?? '';
      yield { char: next, place: depth > 0 ? 'comment' : 'quotes', raw: char + next };
      continue;
    }
    if (char === '"' && depth === 0) quoted = !quoted;
    if (char === '(' && !quoted) depth++;
    yield { char, place: depth > 0 ? 'comment' : quoted ? 'quotes' : 'text', raw: char };
    if (char === ')' && depth > 0) depth--;
  }
}

/** What stands above what a sender writes himself: what mail servers put on top of a mail that they take. */
const TRACE =
  /^(?:return-path|delivered-to|x-original-to|envelope-to|x-envelope-to|x-delivered-to|received|received-spf|authentication-results|arc-seal|arc-message-signature|arc-authentication-results|dkim-filter|x-spam.*|x-spamd.*|x-rspamd.*|x-virus-.*)$/;
/** Servers that a mail has gone through since ours has looked at it: a filter, a delivery to the mailbox, one to us. */
const MOST_HOPS = 4;

/**
 * The results of our own mail server: of the topmost run of Authentication-Results fields with its authserv-id, where nothing
 * is above it that a sender could have written himself. That a mail from outside has none with this id is our mail server's
 * duty (RFC 8601 §5); a second run further down is not looked at.
 */
export function ownResults(fields: readonly HeaderField[], authserv: string): readonly AuthenticationResult[] {
  const found: AuthenticationResult[] = [];
  let isInRun = false;
  let hops = 0;
  for (const { name, value } of fields) {
    if (name === 'received' && ++hops > MOST_HOPS) break;
    if (!TRACE.test(name)) break;
    const read = name === 'authentication-results' ? readAuthenticationResults(value) : undefined;
    const isOwn = read?.authserv === authserv.toLowerCase();
    if (isInRun && !isOwn) break;
    if (!isOwn || read === undefined) continue;
    isInRun = true;
    found.push(...read.results);
  }
  return found;
}

/** What results of a server that we believe say of mail from a domain; undefined: nothing that decides. */
export function conclusionOf(
  results: readonly AuthenticationResult[],
  { domain, signers }: { readonly domain: string; readonly signers: readonly string[] },
): { readonly result: 'pass' | 'fail'; readonly reason: string } | undefined {
  for (const { method, result, properties } of results) {
    if (result !== 'pass') continue;
    const named = domainsOf(method, properties);
    if (method === 'dmarc' && named.includes(domain)) return { result, reason: `${domain} vouches for it (DMARC)` };
    if (method !== 'dkim' && method !== 'spf') continue;
    if (named.some((each) => isWithin(domain, each)))
      return { result, reason: `${domain} vouches for it (${method.toUpperCase()})` };
    const signer = method === 'dkim' ? named.find((each) => signers.includes(each)) : undefined;
    if (signer !== undefined) return { result, reason: `${signer} vouches for it` };
  }
  const refusing = results.find((each) => each.method === 'dmarc' && each.result === 'fail' && isStrict(each));
  if (refusing === undefined || !domainsOf('dmarc', refusing.properties).includes(domain)) return undefined;
  return { result: 'fail', reason: `${domain} says that mail like this is not its own (DMARC)` };
}

/** Of DMARC the domain of From, of DKIM who signed, of SPF of whom the envelope is. */
function domainsOf(method: string, properties: AuthenticationResult['properties']): readonly string[] {
  const names = { dmarc: ['header.from'], dkim: ['header.d', 'header.i'], spf: ['smtp.mailfrom', 'smtp.mail'] }[method];
  const values = (names ?? []).flatMap((name) => properties.get(name) ?? []);
  return values.map((value) => asciiDomain(value.slice(value.lastIndexOf('@') + 1))).filter((each) => each !== '');
}

/** Whether the domain asks that what fails is not taken; programs write that in several places. */
const isStrict = ({ properties, comments }: AuthenticationResult): boolean =>
  /\b(?:p|policy|dis)=(?:quarantine|reject)\b/.test(comments) ||
  ['policy.dmarc', 'policy.published-domain-policy', 'policy'].some((name) =>
    /^(?:quarantine|reject)$/.test(properties.get(name) ?? ''),
  );
