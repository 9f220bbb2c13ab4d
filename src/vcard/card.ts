/** A vCard as its lines: RFC 2426 (3.0) and RFC 6350 (4.0). */

/** The versions that are written; the first is what a client gets that does not say (RFC 6352 §10.4). */
export const CARD_VERSIONS = ['3.0', '4.0'] as const;
export type CardVersion = (typeof CARD_VERSIONS)[number];

/** One content line between BEGIN and END. No property has a group here. */
export interface CardProperty {
  /** In capitals. */
  readonly name: string;
  readonly params: ReadonlyMap<string, readonly string[]>;
  /** As it is written: text is escaped. */
  readonly value: string;
}

export type Card = readonly CardProperty[];
