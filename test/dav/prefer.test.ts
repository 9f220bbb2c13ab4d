import { describe, expect, test } from 'vitest';
import { parsePrefer, preferenceHeaders } from '../../src/dav/prefer.ts';

const none = { minimal: false, representation: false, noroot: false };

describe('what is preferred', () => {
  test.each([
    [{}, none],
    [{ prefer: 'return=minimal' }, { ...none, minimal: true }],
    [{ prefer: 'Return = "Minimal"; x=1' }, { ...none, minimal: true }],
    [{ prefer: 'respond-async, depth-noroot,return=representation' }, { ...none, noroot: true, representation: true }],
    [{ prefer: 'return=minimal, return=representation' }, { ...none, minimal: true }],
    [{ prefer: 'return=something, wait=100' }, none],
    [{ prefer: 'return-minimal' }, none],
    [{ brief: 't' }, { ...none, minimal: true }],
    [{ brief: 'f' }, none],
    [
      { brief: 't', prefer: 'return=representation' },
      { ...none, representation: true },
    ],
    [
      { brief: 't', prefer: 'depth-noroot' },
      { ...none, minimal: true, noroot: true },
    ],
  ])('by %j', (headers, expected) => {
    expect(parsePrefer(headers)).toMatchObject(expected);
  });
});

describe('what is said of it', () => {
  test('a preference that was named and followed', () => {
    const preferences = parsePrefer({ prefer: 'return=minimal, depth-noroot' });
    expect(preferenceHeaders(preferences, ['return=minimal'])).toEqual({
      Vary: 'Brief, Prefer, CalDAV-Timezones',
      'Preference-Applied': 'return=minimal',
    });
  });

  test('nothing of Brief, which has no such answer', () => {
    expect(preferenceHeaders(parsePrefer({ brief: 't' }), ['return=minimal'])).toEqual({
      Vary: 'Brief, Prefer, CalDAV-Timezones',
    });
  });
});
