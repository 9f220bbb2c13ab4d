import { Refusal } from '../base/refusal.ts';

const FAULTS: ReadonlySet<string> = new Set(['valid-calendar-data', 'valid-calendar-object-resource']);

/** Whether a refusal is of the octets themselves; another one is of the calendar: it takes no tasks, or it is full. */
export const isFault = (error: unknown): boolean => error instanceof Refusal && FAULTS.has(error.code);
