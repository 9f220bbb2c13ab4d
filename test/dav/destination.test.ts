import { describe, expect, test } from 'vitest';
import { BadRequest } from '../../src/base/refusal.ts';
import { localPath, parseDestination, parseOverwrite } from '../../src/dav/destination.ts';

const own = { publicUrl: 'https://cal.example.com', host: '127.0.0.1:8080' };

describe('a reference to this server is its path, still encoded', () => {
  test.each([
    ['/dav/calendars/a/b%20c.ics', '/dav/calendars/a/b%20c.ics'],
    ['/dav/a%2525.ics?x=1#y', '/dav/a%2525.ics'],
    ['http://127.0.0.1:8080/dav/a.ics', '/dav/a.ics'],
    ['https://CAL.example.com/dav/a/', '/dav/a/'],
    ['http://cal.example.com:80/dav/a/', '/dav/a/'],
    ['https://cal.example.com:443?x', '/'],
  ])('%s', (reference, path) => {
    expect(localPath(reference, own)).toBe(path);
  });

  test.each([
    'http://evil.example/dav/a',
    'http://127.0.0.1:8081/dav/a',
    'http://cal.example.com@evil.example/dav/a',
    'http://evil.example#cal.example.com/dav/a',
    'https://user@cal.example.com/dav/a',
    'https://cal.example.com.evil.example/',
  ])('%s is another server', (reference) => {
    expect(localPath(reference, own)).toBeUndefined();
  });

  test.each([
    'dav/a.ics',
    '//cal.example.com/dav/a',
    'ftp://cal.example.com/dav/a',
    '/dav/%zz',
    '/dav/%',
    '/dav/%ff',
    '/dav/../a',
    '/dav/%2e%2E/a',
    '/dav/./a',
    '/dav/a%2fb',
    '/dav/a%5cb',
    '/dav/a\\b',
    '/dav/a%00',
    'http://127.0.0.1:8080/dav/../a',
    '',
  ])('%s is refused', (reference) => {
    expect(() => localPath(reference, own)).toThrow(BadRequest);
  });
});

describe('the Destination header', () => {
  test('is required', () => {
    expect(() => parseDestination({}, own)).toThrow(/missing/);
  });

  test('on another server is 403', () => {
    expect(() => parseDestination({ destination: 'http://evil.example/' }, own)).toThrow(
      expect.objectContaining({ status: 403 }) as Error,
    );
  });

  test('on this one is its path', () => {
    expect(parseDestination({ destination: ' http://127.0.0.1:8080/dav/x%20y ' }, own)).toBe('/dav/x%20y');
  });
});

describe('the Overwrite header', () => {
  test.each([
    [undefined, true],
    ['T', true],
    ['f', false],
  ])('%s is %s', (overwrite, expected) => {
    expect(parseOverwrite(overwrite === undefined ? {} : { overwrite })).toBe(expected);
  });

  test('is T or F', () => {
    expect(() => parseOverwrite({ overwrite: 'yes' })).toThrow(BadRequest);
  });
});
