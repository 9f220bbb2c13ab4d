import type { Job } from '../job.ts';
import { extendIndex } from './extend-index.ts';
import { pruneRemoved } from './prune-removed.ts';
import { recheckObjects } from './recheck-objects.ts';

export const JOBS: readonly Job[] = [extendIndex, pruneRemoved, recheckObjects];
