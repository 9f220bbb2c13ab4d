import type { Job } from '../job.ts';
import { deliverPushes } from './deliver-pushes.ts';
import { extendIndex } from './extend-index.ts';
import { pruneAttachments } from './prune-attachments.ts';
import { pruneHistory } from './prune-history.ts';
import { pruneLinks } from './prune-links.ts';
import { pruneLocks } from './prune-locks.ts';
import { prunePushes } from './prune-pushes.ts';
import { pruneRemoved } from './prune-removed.ts';
import { recheckObjects } from './recheck-objects.ts';
import { refreshSubscriptions } from './refresh-subscriptions.ts';

export const JOBS: readonly Job[] = [
  deliverPushes,
  extendIndex,
  pruneAttachments,
  pruneHistory,
  pruneLinks,
  pruneLocks,
  prunePushes,
  pruneRemoved,
  recheckObjects,
  refreshSubscriptions,
];
