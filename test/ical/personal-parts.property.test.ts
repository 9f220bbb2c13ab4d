import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { atOnce } from '../../src/base/steps.ts';
import { propertyOf } from '../../src/ical/component.ts';
import { parseCalendar } from '../../src/ical/parse.ts';
import {
  commonForm,
  commonText,
  mayHavePersonalParts,
  MASTER,
  personalPartsOf,
  withPersonalParts,
  type PersonalParts,
} from '../../src/ical/personal-parts.ts';
import { objectOf, ownOfAll, shared } from './personal-objects.ts';

const limits = () => ({ budget: { steps: 100_000 }, most: 10_000_000 });
const partsOf = (octets: Uint8Array) => atOnce(personalPartsOf(octets));
const compose = (octets: Uint8Array, parts: PersonalParts) => atOnce(withPersonalParts(octets, parts, limits()));
const strip = (octets: Uint8Array) => atOnce(commonForm(octets, limits()));
const textOf = (octets: Uint8Array) => atOnce(commonText(parseCalendar(octets), limits()));
const words = (octets: Uint8Array) => Buffer.from(octets).toString('utf8');
const numbered = { seed: 5545, numRuns: 300 };

describe('the personal parts of an object', () => {
  test('are not in what others see, which stays octet for octet as it was', () => {
    fc.assert(
      fc.property(shared, ownOfAll, (common, own) => {
        const octets = objectOf(common, own);
        const seen = strip(octets);
        expect(words(seen).replaceAll(/\r?\n[ \t]/g, '')).not.toMatch(/^(BEGIN:VALARM|TRANSP|X-MOZ)/m);
        expect(mayHavePersonalParts(seen)).toBe(false);
        const lines = words(octets).split(common.eol);
        for (const line of words(seen).split(common.eol)) expect(lines).toContain(line);
        expect(words(strip(seen))).toBe(words(seen));
      }),
      numbered,
    );
  });

  test('do not depend on whose object they are put into: what others see of it is the same', () => {
    fc.assert(
      fc.property(shared, ownOfAll, ownOfAll, (common, one, other) => {
        const base = objectOf(common, one);
        const composed = compose(base, partsOf(objectOf(common, other)));
        expect(words(strip(composed))).toBe(words(strip(base)));
        expect(textOf(composed)).toBe(textOf(base));
      }),
      numbered,
    );
  });

  test('are all there when they are put into it: of each instance, whoever has written of it', () => {
    fc.assert(
      fc.property(shared, ownOfAll, ownOfAll, (common, one, other) => {
        const wanted = partsOf(objectOf(common, other));
        const composed = compose(objectOf(common, one), wanted);
        parseCalendar(composed);
        const found = partsOf(composed);
        const usual = wanted.get(MASTER);
        for (const [name, parts] of wanted) expect(found.get(name) ?? usual).toEqual(parts);
        for (const [name, parts] of found) expect(parts).toEqual(wanted.get(name) ?? usual);
      }),
      numbered,
    );
  });

  test('put back where they are leave each octet as it is', () => {
    fc.assert(
      fc.property(shared, ownOfAll, (common, own) => {
        const octets = objectOf(common, own);
        expect(compose(octets, partsOf(octets))).toBe(octets);
      }),
      numbered,
    );
  });
});

describe('two objects are the same for others', () => {
  test('whatever their personal parts, stamps, line breaks and overrides without a word', () => {
    fc.assert(
      fc.property(shared, ownOfAll, ownOfAll, (common, one, other) => {
        const eol = common.eol === '\n' ? '\r\n' : '\n';
        const again = objectOf({ ...common, eol }, other, '20270101T000000Z');
        expect(textOf(again)).toBe(textOf(objectOf(common, one)));
        expect(textOf(strip(objectOf(common, one)))).toBe(textOf(objectOf(common, one)));
      }),
      numbered,
    );
  });

  test('and not where anything else differs', () => {
    fc.assert(
      fc.property(shared, shared, ownOfAll, (one, other, own) => {
        const same = (each: typeof one) => ({ ...each, eol: '', days: each.isRecurring ? each.days : {} });
        const isSame = JSON.stringify(same(one)) === JSON.stringify(same(other));
        expect(textOf(objectOf(one, own)) === textOf(objectOf(other, own))).toBe(isSame);
      }),
      numbered,
    );
  });
});

test('an override goes with the series that it is of', () => {
  fc.assert(
    fc.property(shared, ownOfAll, ownOfAll, (common, one, other) => {
      const composed = parseCalendar(compose(objectOf(common, one), partsOf(objectOf(common, other))));
      const ids = composed.components.flatMap((each) => propertyOf(each, 'RECURRENCE-ID')?.value ?? []);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [day, kind] of Object.entries(common.isRecurring ? common.days : {})) {
        expect(`${kind} ${ids.some((id) => id.startsWith(`2026030${2 + Number(day)}`))}`).toBe(`${kind} true`);
      }
    }),
    numbered,
  );
});
