import { sumOf, type Figures } from '../http/metrics.ts';

/** Keeps what workers counted, so that no sum falls when one of them ends or is late: Prometheus takes that for a restart. */
export interface Tally {
  /** The figures of a worker; where it does not answer, what it had counted when it last did. */
  of(worker: number, figures: Figures | undefined): Figures;
  /** This worker has ended; another one takes its number. */
  ended(worker: number): void;
  /** What those that ended had counted when they were last asked. */
  ofEnded(): Promise<Figures>;
}

export function createTally(): Tally {
  const last = new Map<number, Figures>();
  let sum = Promise.resolve<Figures>([]);
  return {
    of(worker, figures) {
      const counted = countsOf(figures ?? last.get(worker) ?? []);
      last.set(worker, counted);
      return figures ?? counted;
    },
    ended(worker) {
      const counted = last.get(worker);
      last.delete(worker);
      if (counted !== undefined) sum = sum.then((before) => sumOf([before, counted]).getMetricsAsJSON());
    },
    ofEnded: () => sum,
  };
}

/** Without what only a living process has, as its memory. */
const countsOf = (figures: Figures): Figures =>
  figures.filter(({ type }) => ['counter', 'histogram', 'summary'].includes(String(type)));
