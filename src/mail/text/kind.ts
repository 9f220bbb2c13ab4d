import { propertiesOf, propertyOf } from '../../ical/component.ts';
import { P } from '../../ical/names.ts';
import { partstatOf } from '../../itip/address.ts';
import { messageComponents, type ItipMessage } from '../../itip/message.ts';
import type { MailInput } from '../outgoing.ts';
import type { MailKind } from './words.ts';

const BY_PARTSTAT: Readonly<Record<string, MailKind>> = {
  ...{ ACCEPTED: 'accepted', COMPLETED: 'accepted', 'IN-PROCESS': 'accepted' },
  ...{ TENTATIVE: 'tentative', DECLINED: 'declined', DELEGATED: 'delegated' },
};

/** What a message is to its recipient. */
export function kindOf({ message, changes, why }: Pick<MailInput, 'message' | 'changes' | 'why'>): MailKind {
  switch (message.method) {
    case 'REQUEST':
      return requestKind(changes, why);
    case 'CANCEL':
      return why === 'removed' ? 'removed' : 'cancelled';
    case 'REPLY':
      return replyKind(message);
    case 'COUNTER':
      return 'counter';
    case 'DECLINECOUNTER':
      return 'declinecounter';
    case 'REFRESH':
      return 'refresh';
    case 'ADD':
      return 'add';
    default:
      return 'publish';
  }
}

/** What is new to somebody is an invitation; what is said again, by hand, is one too. */
function requestKind(changes: MailInput['changes'], why: string): MailKind {
  if (why === 'invited') return 'invitation';
  if (changes.length > 0 && changes.every(({ what }) => what === 'reinstated')) return 'reinstated';
  if (changes.length > 0 && changes.every(({ what }) => what === 'new')) return 'invitation';
  return changes.length === 0 && why === 'forced' ? 'invitation' : 'updated';
}

/** RFC 5546 §3.2.3: who answers is the one ATTENDEE; of a delegation the delegator is. */
function replyKind(message: ItipMessage): MailKind {
  const kinds = messageComponents(message).map((component) => {
    const attendees = propertiesOf(component, P.ATTENDEE);
    const own = attendees.find((each) => partstatOf(each) === 'DELEGATED') ?? attendees[0];
    return own === undefined ? 'answered' : (BY_PARTSTAT[partstatOf(own)] ?? 'answered');
  });
  const [first = 'answered'] = kinds;
  return kinds.every((kind) => kind === first) ? first : 'answered';
}

/** Whether a message is about days of a series only. */
export const isOfDays = (message: ItipMessage): boolean =>
  messageComponents(message).every((component) => propertyOf(component, P['RECURRENCE-ID']) !== undefined);
