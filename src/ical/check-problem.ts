/** Something in a calendar that an RFC does not allow. */
export interface Problem {
  /** One-based physical line. */
  readonly line: number;
  /** Name of the property or component; empty for a line that has none. */
  readonly property: string;
  /** Short name of the rule, stable. */
  readonly rule: string;
  readonly message: string;
  /** Such as `RFC 5545 §3.8.2.4`. */
  readonly section: string;
  /** `error`: PUT refuses it. `slip`: it can be read, and is stored as sent. */
  readonly severity: 'error' | 'slip';
}

export type Tell = (problem: Omit<Problem, 'severity'> & { readonly severity?: Problem['severity'] }) => void;

/** Values come from the source: a message holds only a little of them. */
export function quote(value: string): string {
  return value.length > 60 ? `"${value.slice(0, 60)}…"` : `"${value}"`;
}
