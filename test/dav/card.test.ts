import { expect, test } from 'vitest';
import type { Principal } from '../../src/calendar/model.ts';
import { cardResource, cardSlices } from '../../src/dav/card.ts';

const cards = (kinds: string) =>
  [...kinds].map((kind, at) => {
    const principal = { id: `${kind}${at}`, kind: kind === 'g' ? 'group' : 'user' } as unknown as Principal;
    return cardResource(principal, { privileges: new Set() });
  });

test.each([
  ['', []],
  ['uuu', ['uuu']],
  ['ggggg', ['ggggg']],
  ['uggugggu', ['uggugggu']],
  ['ggggggu', ['ggggg', 'gu']],
  ['ugggggugugggggug', ['ugggggu', 'gugggg', 'gug']],
] as const)('of %j at most five groups are in one slice', (kinds, expected) => {
  const slices = [...cardSlices(cards(kinds))].map((slice) => slice.map(({ principal }) => principal.id[0]).join(''));
  expect(slices).toEqual(expected);
});
