import type { Job } from '../job.ts';
import { extendIndex } from './extend-index.ts';
import { pruneAttachments } from './prune-attachments.ts';
import { pruneHistory } from './prune-history.ts';
import { pruneLocks } from './prune-locks.ts';
import { pruneRemoved } from './prune-removed.ts';
import { recheckObjects } from './recheck-objects.ts';
import { refreshSubscriptions } from './refresh-subscriptions.ts';

export const JOBS: readonly Job[] = [
  extendIndex,
  pruneAttachments,
  pruneHistory,
  pruneLocks,
  pruneRemoved,
  recheckObjects,
  refreshSubscriptions,
];
