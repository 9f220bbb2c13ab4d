/** What became of the objects of an import. */
export interface Tally {
  stored(outcome: 'created' | 'updated' | 'unchanged'): void;
  skipped(place: string, reason: string, uid: string | undefined): void;
  /** It cannot be used, and is kept for `kalends faults`. */
  setAside(place: string, reason: string, uid: string | undefined): void;
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
  const asides: string[] = [];
  const notes: string[] = [];
  let skipped = 0;
  let aside = 0;
  let noted = 0;
  const came = (): number => counts.created + counts.updated + counts.unchanged;
  return {
    stored(outcome) {
      counts[outcome] += 1;
    },
    skipped(place, reason, uid) {
      skipped += 1;
      if (skips.length < MOST_LINES) skips.push(`skipped ${place}: ${reason}${ofUid(uid)}`);
    },
    setAside(place, reason, uid) {
      aside += 1;
      if (asides.length < MOST_LINES) asides.push(`set aside ${place}: ${reason}${ofUid(uid)}`);
    },
    noted(place, note) {
      noted += 1;
      if (notes.length < MOST_LINES) notes.push(`note ${place}: ${note}`);
    },
    count: () => came() + skipped + aside,
    summary() {
      const { created, updated, unchanged } = counts;
      const more = (all: number, what: string): string[] =>
        all > MOST_LINES ? [`and ${all - MOST_LINES} more ${what}`] : [];
      const kept = aside === 0 ? '' : `, set aside ${aside} (kalends faults list)`;
      const head = `imported ${created}, updated ${updated}, unchanged ${unchanged}, skipped ${skipped}${kept}`;
      const lines = [...skips, ...more(skipped, 'skipped'), ...asides, ...more(aside, 'set aside')];
      return [head, ...lines, ...notes, ...more(noted, 'notes'), ''].join('\n');
    },
    isFailure: () => came() === 0 && skipped + aside > 0,
  };
}

const ofUid = (uid: string | undefined): string => (uid === undefined ? '' : ` (UID ${uid})`);
