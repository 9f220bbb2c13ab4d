import type { Job } from '../job.ts';
import { pruneRemoved } from './prune-removed.ts';

export const JOBS: readonly Job[] = [pruneRemoved];
