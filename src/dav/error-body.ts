import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { objectHref } from './hrefs.ts';
import { PRECONDITIONS } from './preconditions.ts';
import { caldav, dav, errorDescription } from './xml/names.ts';
import type { ClarkName } from './xml/names.ts';
import type { Xml } from './xml/node.ts';
import { document, el, href, text } from './xml/write.ts';

/** An answer that says why a request was not served. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The one way an error becomes a WebDAV answer: DAV:error with the precondition's element for a Refusal
 * (RFC 4918 §16), 412 for a ConditionFailed, the reason in plain text for a BadRequest. Anything else is a bug and is
 * thrown on, to be answered 500 without a word of what it was.
 */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof Refusal) return xmlAnswer(PRECONDITIONS[error.code][1], refusalElement(error), error.message);
  if (error instanceof ConditionFailed) return xmlAnswer(412, undefined, error.message);
  if (error instanceof BadRequest) {
    const headers = { 'Content-Type': 'text/plain; charset=utf-8', ...error.headers };
    return { status: error.status, headers, body: `${error.message}\n` };
  }
  throw error;
}

function xmlAnswer(status: number, condition: Xml | undefined, message: string): ErrorAnswer {
  const body = document(el(dav('error'), condition, el(errorDescription, text(message))));
  return { status, headers: { 'Content-Type': 'application/xml; charset=utf-8' }, body };
}

/** The status that a refusal has, alone or inside a multistatus. */
export function refusalStatus(refusal: Refusal): number {
  return PRECONDITIONS[refusal.code][1];
}

/** The precondition's element, the child of DAV:error, with what its RFC asks for inside. */
export function refusalElement(refusal: Refusal): Xml {
  const [name] = PRECONDITIONS[refusal.code];
  const at = hrefOf(refusal);
  if (refusal.code !== 'need-privileges') return el(name, at);
  if (at === undefined || refusal.privilege === undefined) return el(name);
  // RFC 3744 §7.1.1: resource ( href , privilege ).
  return el(name, el(dav('resource'), at, el(dav('privilege'), el(privilegeName(refusal.privilege)))));
}

function hrefOf({ href: path, member }: Refusal): Xml | undefined {
  if (path !== undefined) return href(path);
  if (member === undefined) return undefined;
  return href(objectHref(member.collection, member));
}

/** A privilege's element: those for free-busy and scheduling are CalDAV's (RFC 4791 §6.1.1, RFC 6638 §6). */
export function privilegeName(privilege: string): ClarkName {
  return privilege === 'read-free-busy' || privilege.startsWith('schedule-') ? caldav(privilege) : dav(privilege);
}
