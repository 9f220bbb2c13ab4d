import { BadRequest, ConditionFailed } from '../base/refusal.ts';
import { localPath } from './destination.ts';
import type { OwnNames } from './destination.ts';

/** One Condition of RFC 4918 §10.4.2: a state token, or an entity tag (`weak` from its `W/`). */
export type IfCondition = { readonly negated: boolean } & (
  { readonly token: string } | { readonly etag: string; readonly weak: boolean }
);

/** A List, with the Resource-Tag that it stands under; undefined means the Request-URI. */
export interface IfList {
  readonly resource: string | undefined;
  readonly conditions: readonly IfCondition[];
}

/** The state of a resource: its strong entity tag without quotes, and its state tokens (RFC 4918 §10.4.1). */
export interface IfState {
  readonly etag: string | undefined;
  readonly stateTokens: readonly string[];
}

const TOKEN = /\s*(?:(<[^<>\s]*>)|(\()|(\))|(Not\b)|\[(W\/)?"([\x21\x23-\x7e\x80-\xff ]*)"\])/iy;

/**
 * The If header as its lists, in order (RFC 4918 §10.4.2). Throws BadRequest for what does not follow the grammar,
 * such as tagged and untagged lists mixed.
 */
export function parseIf(header: string): readonly IfList[] {
  const lists: IfList[] = [];
  let resource: string | undefined;
  let conditions: IfCondition[] | undefined;
  let negated = false;
  let pendingResource = false;
  for (const [, coded, open, close, not, weak, etag] of tokensOf(header.trim())) {
    if (conditions === undefined) {
      if (coded !== undefined && !pendingResource && (resource !== undefined || lists.length === 0)) {
        resource = coded.slice(1, -1);
        pendingResource = true;
      } else if (open !== undefined) {
        conditions = [];
        pendingResource = false;
      } else throw malformed();
    } else if (coded !== undefined || etag !== undefined) {
      conditions.push(
        coded === undefined
          ? { negated, etag: etag ?? '', weak: weak !== undefined }
          : { negated, token: coded.slice(1, -1) },
      );
      negated = false;
    } else if (not !== undefined && !negated) {
      negated = true;
    } else if (close !== undefined && !negated && conditions.length > 0) {
      lists.push({ resource, conditions });
      conditions = undefined;
    } else throw malformed();
  }
  if (conditions !== undefined || pendingResource || lists.length === 0) throw malformed();
  return lists;
}

function* tokensOf(header: string): Generator<RegExpExecArray> {
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < header.length) {
    const token = pattern.exec(header);
    if (token === null) throw malformed();
    yield token;
  }
}

const malformed = (): BadRequest => new BadRequest('The If header does not follow RFC 4918 §10.4.2');

/** Every state token that the header submits, whether its condition holds or not (RFC 4918 §10.4.1). */
export function submittedTokens(lists: readonly IfList[]): ReadonlySet<string> {
  return new Set(lists.flatMap(({ conditions }) => conditions.flatMap((c) => ('token' in c ? [c.token] : []))));
}

export interface IfQuestion {
  /** The Request-URI's path, percent-encoded. */
  readonly path: string;
  readonly own: OwnNames;
  /** The state of the resource at a percent-encoded path; undefined where none is mapped or the actor may not look. */
  state(path: string): IfState | undefined | Promise<IfState | undefined>;
}

/**
 * Evaluates the If header of a request (RFC 4918 §10.4.3): at least one list must hold whole. An absent header always
 * does. Throws ConditionFailed, or BadRequest for a malformed header.
 */
export async function checkIf(header: string | readonly string[] | undefined, question: IfQuestion): Promise<void> {
  if (header === undefined) return;
  const states = new Map<string, IfState | undefined>();
  for (const { resource, conditions } of parseIf(String(header))) {
    const path = resource === undefined ? question.path : localPath(resource, question.own);
    // Each path is looked up once, however many lists name it.
    if (path !== undefined && !states.has(path)) states.set(path, await question.state(path));
    const state = path === undefined ? undefined : states.get(path);
    if (conditions.every((condition) => holds(condition, state))) return;
  }
  throw new ConditionFailed('If: none of the lists holds');
}

// An unmapped URL is treated as a resource without that state, so that Not holds for it (RFC 4918 §10.4.4).
function holds(condition: IfCondition, state: IfState | undefined): boolean {
  if ('token' in condition) return (state?.stateTokens.includes(condition.token) ?? false) !== condition.negated;
  // The strong comparison function: a weak tag never matches.
  return (!condition.weak && state?.etag === condition.etag) !== condition.negated;
}
