import type { Job } from '../job.ts';
import { decideBookings } from './decide-bookings.ts';
import { deliverPushes } from './deliver-pushes.ts';
import { extendIndex } from './extend-index.ts';
import { followGroups } from './follow-groups.ts';
import { forgetMemories } from './forget-memories.ts';
import { pruneAttachments } from './prune-attachments.ts';
import { pruneHistory } from './prune-history.ts';
import { pruneInbound } from './prune-inbound.ts';
import { pruneLinks } from './prune-links.ts';
import { pruneLocks } from './prune-locks.ts';
import { pruneMail } from './prune-mail.ts';
import { prunePushes } from './prune-pushes.ts';
import { pruneRemoved } from './prune-removed.ts';
import { pruneSharedOctets } from './prune-shared-octets.ts';
import { recheckObjects } from './recheck-objects.ts';
import { refreshCopies } from './refresh-copies.ts';
import { refreshSubscriptions } from './refresh-subscriptions.ts';
import { sendMail } from './send-mail.ts';

export const JOBS: readonly Job[] = [
  decideBookings,
  deliverPushes,
  extendIndex,
  followGroups,
  forgetMemories,
  pruneAttachments,
  pruneHistory,
  pruneInbound,
  pruneLinks,
  pruneLocks,
  pruneMail,
  prunePushes,
  pruneRemoved,
  pruneSharedOctets,
  recheckObjects,
  refreshCopies,
  refreshSubscriptions,
  sendMail,
];
