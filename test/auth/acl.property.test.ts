import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, type MatchingAce } from '../../src/auth/acl.ts';
import { PRIVILEGES, withContained, type Privilege } from '../../src/auth/privileges.ts';
import { holds } from '../properties/holds.ts';

const grant = (...privileges: Privilege[]): MatchingAce => ({ deny: false, privileges });
const deny = (...privileges: Privilege[]): MatchingAce => ({ deny: true, privileges });
const sorted = (privileges: Iterable<Privilege>): Privilege[] => [...privileges].sort();

describe('an access control list (RFC 3744 §6)', () => {
  test('grants nothing by itself', () => {
    expect(sorted(evaluate([]))).toEqual([]);
  });

  test('grants what its entries grant together, with all that it contains', () => {
    expect(sorted(evaluate([grant('read'), grant('bind')]))).toEqual(['bind', 'read', 'read-free-busy']);
  });

  test('counts in its order: what was granted first cannot be denied any more, nor the other way round', () => {
    expect(sorted(evaluate([grant('read'), deny('read')]))).toEqual(['read', 'read-free-busy']);
    expect(sorted(evaluate([deny('read'), grant('read')]))).toEqual([]);
  });

  test('denies an aggregate with all its parts', () => {
    expect(sorted(evaluate([deny('write'), grant('all')]))).toEqual(
      sorted(
        [...withContained(['all'])].filter(
          (privilege) => privilege !== 'all' && !withContained(['write']).has(privilege),
        ),
      ),
    );
  });

  test('does not grant an aggregate of which a part is denied, but the other parts', () => {
    expect(sorted(evaluate([deny('bind'), grant('write')]))).toEqual(['unbind', 'write-content', 'write-properties']);
  });
});

const privileges = fc.array(fc.constantFrom(...(Object.keys(PRIVILEGES) as Privilege[])), { maxLength: 4 });
const lists = fc.array(fc.record({ deny: fc.boolean(), privileges }), { maxLength: 6 });

test('of each privilege without parts the first entry decides that names it or what contains it', async () => {
  const parts = (Object.keys(PRIVILEGES) as Privilege[]).filter((name) => PRIVILEGES[name].length === 0);
  await holds(
    fc.property(lists, (list) => {
      const granted = evaluate(list);
      for (const part of parts) {
        const first = list.find((ace) => withContained(ace.privileges).has(part));
        expect([part, granted.has(part)]).toEqual([part, first?.deny === false]);
      }
      for (const whole of granted) for (const inner of withContained([whole])) expect(granted).toContain(inner);
    }),
    { seed: 3744, numRuns: 300 },
  );
});
