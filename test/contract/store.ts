import { describe } from 'vitest';

import { attachmentsContract } from './store-attachments.ts';
import { busyContract } from './store-busy.ts';
import { candidatesContract } from './store-candidates.ts';
import { changesContract } from './store-changes.ts';
import { collectionsContract } from './store-collections.ts';
import { copiesContract } from './store-copies.ts';
import { directoryContract } from './store-directory.ts';
import type { Engine } from './store-engine.ts';
import { groupMeetingsContract } from './store-group-meetings.ts';
import { roomBookingsContract } from './store-room-bookings.ts';
import { homeChangesContract } from './store-home-changes.ts';
import { linksContract } from './store-links.ts';
import { locksContract } from './store-locks.ts';
import { mailContract } from './store-mail.ts';
import { mailedInvitationsContract } from './store-mailed-invitations.ts';
import { objectsContract } from './store-objects.ts';
import { personalContract } from './store-personal.ts';
import { principalsContract } from './store-principals.ts';
import { resourcesContract } from './store-resources.ts';
import { schedulingContract } from './store-scheduling.ts';
import { setAsideContract } from './store-set-aside.ts';
import { sharesContract } from './store-shares.ts';
import { subscriptionsContract } from './store-subscriptions.ts';
import { textsContract } from './store-texts.ts';
import { versionsContract } from './store-versions.ts';
import { writesContract } from './store-writes.ts';

export type { Engine, TestDatabase } from './store-engine.ts';

/** What every engine has to do, in the same way. */
export function storeContract(engine: Engine): void {
  describe(`the store on ${engine.name}`, () => {
    writesContract(engine);
    principalsContract(engine);
    directoryContract(engine);
    collectionsContract(engine);
    objectsContract(engine);
    candidatesContract(engine);
    textsContract(engine);
    busyContract(engine);
    changesContract(engine);
    homeChangesContract(engine);
    resourcesContract(engine);
    locksContract(engine);
    linksContract(engine);
    schedulingContract(engine);
    mailContract(engine);
    copiesContract(engine);
    mailedInvitationsContract(engine);
    groupMeetingsContract(engine);
    roomBookingsContract(engine);
    setAsideContract(engine);
    versionsContract(engine);
    attachmentsContract(engine);
    personalContract(engine);
    sharesContract(engine);
    subscriptionsContract(engine);
  });
}
