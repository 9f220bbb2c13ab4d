/** What became of the objects of an import. */
export interface Tally {
  stored(outcome: 'created' | 'updated' | 'unchanged'): void;
  skipped(place: string, reason: string, uid: string | undefined): void;
  /** Something was changed or left out on the way in, and the object was stored. */
  noted(place: string, note: string): void;
  /** How many objects were met. */
  count(): number;
  /** Lines for the person. */
  summary(): string;
  /** Whether nothing at all came in, and something should have. */
  isFailure(): boolean;
}

/** Lines of each kind that are shown; a broken file of 10,000 objects does not fill the screen. */
const MOST_LINES = 100;

export function createTally(): Tally {
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const skips: string[] = [];
  const notes: string[] = [];
  let skipped = 0;
  let noted = 0;
  const came = (): number => counts.created + counts.updated + counts.unchanged;
  return {
    stored(outcome) {
      counts[outcome] += 1;
    },
    skipped(place, reason, uid) {
      skipped += 1;
      if (skips.length < MOST_LINES)
        skips.push(`skipped ${place}: ${reason}${uid === undefined ? '' : ` (UID ${uid})`}`);
    },
    noted(place, note) {
      noted += 1;
      if (notes.length < MOST_LINES) notes.push(`note ${place}: ${note}`);
    },
    count: () => came() + skipped,
    summary() {
      const { created, updated, unchanged } = counts;
      const more = (all: number, what: string): string[] =>
        all > MOST_LINES ? [`and ${all - MOST_LINES} more ${what}`] : [];
      const head = `imported ${created}, updated ${updated}, unchanged ${unchanged}, skipped ${skipped}`;
      return [head, ...skips, ...more(skipped, 'skipped'), ...notes, ...more(noted, 'notes'), ''].join('\n');
    },
    isFailure: () => came() === 0 && skipped > 0,
  };
}
