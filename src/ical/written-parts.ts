import { Refusal } from '../base/refusal.ts';

/** A document that is written part by part. */
export interface WrittenParts {
  push(part: string): void;
  /** Once in so many parts, or so much of them: a good moment for a break. */
  isDue(): boolean;
  joined(): string;
}

/** Parts between two breaks, and characters. */
const PARTS = 200;
const CHARACTERS = 64 * 1024;

/** Throws Refusal valid-calendar-data from `push` where the document becomes longer than `most` characters. */
export function createParts(most: number): WrittenParts {
  const parts: string[] = [];
  let length = 0;
  let dueAt = PARTS;
  let dueLength = CHARACTERS;
  return {
    push(part) {
      length += part.length;
      if (length > most) throw new Refusal('valid-calendar-data', `In this form it is longer than ${most} characters`);
      parts.push(part);
    },
    isDue() {
      if (parts.length < dueAt && length < dueLength) return false;
      dueAt = parts.length + PARTS;
      dueLength = length + CHARACTERS;
      return true;
    },
    joined: () => parts.join(''),
  };
}
