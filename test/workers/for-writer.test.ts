import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { isForWriter } from '../../src/workers/for-writer.ts';

const isHandedOn = (method: string, path: string, contentType?: string, writes = false): boolean =>
  isForWriter({ method, headers: { 'content-type': contentType } } as IncomingMessage, path, writes);

const EVENT = '/dav/calendars/alice/calendar/event.ics';
const OUTBOX = '/dav/calendars/alice/outbox/';

test('methods that change nothing are answered by the worker', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']) expect(isHandedOn(method, EVENT)).toBe(false);
});

test('all others are handed on, known or not', () => {
  const writing = [
    'PUT',
    'DELETE',
    'POST',
    'PROPPATCH',
    'MKCALENDAR',
    'MKCOL',
    'COPY',
    'MOVE',
    'LOCK',
    'UNLOCK',
    'ACL',
  ];
  for (const method of [...writing, 'PATCH', 'SEARCH']) expect(isHandedOn(method, EVENT)).toBe(true);
});

test('where every process writes, they are not', () => {
  expect(isHandedOn('PUT', EVENT, 'text/calendar', true)).toBe(false);
});

test('a question for busy time changes nothing; what else is sent to an outbox may', () => {
  expect(isHandedOn('POST', OUTBOX, 'text/calendar; charset=utf-8')).toBe(false);
  expect(isHandedOn('POST', OUTBOX, 'application/xml')).toBe(true);
  expect(isHandedOn('POST', OUTBOX)).toBe(true);
  expect(isHandedOn('POST', '/dav/calendars/alice/calendar/', 'text/calendar')).toBe(true);
  expect(isHandedOn('POST', `${OUTBOX}more`, 'text/calendar')).toBe(true);
});

test('doors that count who asks are of one process, and so is the sum of the figures', () => {
  for (const path of ['/link/token.ics', '/invitation/token', '/metrics']) {
    expect(isHandedOn('GET', path)).toBe(true);
    expect(isHandedOn('GET', path, undefined, true)).toBe(true);
  }
});
