import type { IncomingMessage } from 'node:http';
import { LINK_PREFIX } from '../web/link-door.ts';
import { PREFIX as ANSWER_PREFIX } from '../web/answer-page/place.ts';

/** RFC 9110 §9.2.1, RFC 4918 §9.1, RFC 3253 §3.6: methods that change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']);

/** A question for busy time (RFC 6638 §5) is a POST that changes nothing. */
const OUTBOX = /^\/dav\/calendars\/[^/]+\/outbox\/?$/;

/**
 * Whether a worker leaves a request to the process that writes: what may change something, unless each process writes
 * by itself (`writes`); and the doors that count who asks, of which there is one.
 */
export function isForWriter({ method = '', headers }: IncomingMessage, path: string, writes: boolean): boolean {
  if (path === '/metrics' || path.startsWith(LINK_PREFIX) || path.startsWith(ANSWER_PREFIX)) return true;
  if (writes || SAFE.has(method)) return false;
  return !(method === 'POST' && OUTBOX.test(path) && isCalendar(headers['content-type']));
}

const isCalendar = (contentType = ''): boolean => /^\s*text\/calendar\s*(?:;|$)/i.test(contentType);
