import { PRIVILEGES, withContained, type Privilege } from './privileges.ts';

/** An entry of an access control list that speaks of the one who asks. */
export interface MatchingAce {
  readonly deny: boolean;
  readonly privileges: readonly Privilege[];
}

/**
 * What a list grants, RFC 3744 §6: entries count in their order, and of each privilege the first one that grants or
 * denies it. To deny an aggregate denies all that it contains; who lacks a part of an aggregate does not have it whole.
 */
export function evaluate(aces: readonly MatchingAce[]): ReadonlySet<Privilege> {
  const granted = new Set<Privilege>();
  const denied = new Set<Privilege>();
  for (const { deny, privileges } of aces) {
    const [into, unless] = deny ? [denied, granted] : [granted, denied];
    for (const privilege of withContained(privileges)) if (!unless.has(privilege)) into.add(privilege);
  }
  return denied.size === 0 ? granted : new Set([...granted].filter((privilege) => isWhole(privilege, granted)));
}

const isWhole = (privilege: Privilege, granted: ReadonlySet<Privilege>): boolean =>
  PRIVILEGES[privilege].every((part) => granted.has(part) && isWhole(part, granted));
