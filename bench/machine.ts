import { availableParallelism, cpus, release } from 'node:os';

/** Where and when figures were measured. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly kernel: string;
  readonly node: string;
  /** The day, as YYYY-MM-DD in UTC. */
  readonly date: string;
}

export const thisMachine = (): Machine => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  kernel: release(),
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
});
