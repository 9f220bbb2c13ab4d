import type { Component } from '../../src/ical/component.ts';
import type { Answer } from '../dav-client.ts';
import type { Step } from '../itip/scenarios.ts';
import type { Person, ServerWorld } from './server-world.ts';

/** A message as somebody has it: in the inbox, or in the queue of what is to be mailed. */
export interface Sent {
  readonly method: string;
  /** One of them has sent it. */
  readonly from: readonly string[];
  readonly to: string;
  readonly calendar: Component;
}

/** How far a scenario has come. */
export interface State {
  readonly world: ServerWorld;
  now: number;
  last: Step | undefined;
  /** Whose object was written. */
  writer: Person | undefined;
  /** What has become of a message from elsewhere, by who received it. */
  outcomes: ReadonlyMap<string, Outcome>;
  /** How its request was answered. */
  answer: Answer | undefined;
  refused: string | undefined;
  /** Messages of the last action that nobody has expected yet. */
  waiting: readonly Sent[];
  /** Who got messages by it. */
  told: ReadonlySet<string>;
  /** Whose copies it has changed, and who of them was to be told quietly. */
  touched: ReadonlySet<string>;
  quiet: Set<string>;
}

/** What has become of a message from elsewhere. */
export interface Outcome {
  readonly word: string;
  /** It stands in the inbox. */
  readonly item: Sent | undefined;
}

export const nameOf = ({ method, from, to }: Sent): string => `${method} ${from.join('|')} -> ${to}`;
