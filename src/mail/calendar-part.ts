import { paramOf, type Component, type Property } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { writeComponent } from '../ical/write.ts';
import { withParam, withProperties } from '../itip/component-edit.ts';
import type { Method } from '../itip/message.ts';
import { mailAddressOf, domainOfAddress } from './address.ts';
import { oneLine } from './header.ts';
import type { MailInput, MailPolicy } from './outgoing.ts';

/** Methods of an organizer (RFC 5546 §1.4); in the others, ORGANIZER is the address that the answer has to go to. */
const OF_ORGANIZER: ReadonlySet<Method> = new Set(['PUBLISH', 'REQUEST', 'ADD', 'CANCEL', 'DECLINECOUNTER']);

const MOST_NAME = 100;

/** Whether the mail server sends for an address, so that it may stand in From. */
export const isOwnDomain = ({ domains }: MailPolicy, address: string): boolean =>
  domains.some((domain) => domain.toLowerCase() === domainOfAddress(address));

/** The iCalendar text of a message as it goes by mail: ORGANIZER is whom an answer reaches, and who may be the sender. */
export function calendarText(input: MailInput, policy: MailPolicy): string {
  const { message, sender } = input;
  if (!OF_ORGANIZER.has(message.method)) return writeComponent(message.calendar);
  const organizer = namedOrganizer(input, policy);
  const isForeign = !isOwnDomain(policy, sender.address);
  const rewrite = (property: Property): Property => {
    if (property.name !== P.ORGANIZER) return property;
    const isMail = mailAddressOf(property.value) !== undefined;
    // Whom only this server knows by its address, nobody elsewhere could answer.
    const address = organizer ?? (isMail ? undefined : sender.address);
    const named = address === undefined ? property : asAddress(property, address, sender);
    // RFC 5545 §3.2.18: who is in From acts for the organizer.
    return isForeign ? withParam(named, 'SENT-BY', `mailto:${policy.from}`) : named;
  };
  const components = message.calendar.components.map((each) => rewritten(each, rewrite));
  return writeComponent({ ...message.calendar, components });
}

function rewritten(component: Component, rewrite: (property: Property) => Property): Component {
  return component.name === 'VTIMEZONE' ? component : withProperties(component, rewrite);
}

/** The address that stands for the organizer; undefined: the own one stays. */
function namedOrganizer({ replyAddress, sender }: MailInput, policy: MailPolicy): string | undefined {
  if (replyAddress === undefined || policy.organizer === 'own') return undefined;
  return policy.organizer === 'reply' || !isOwnDomain(policy, sender.address) ? replyAddress : undefined;
}

/** The person stays known by name and address (RFC 7986 §6.2), whatever address the answers go to. */
function asAddress(property: Property, address: string, sender: MailInput['sender']): Property {
  const own = mailAddressOf(property.value) ?? sender.address;
  const name = oneLine(paramOf(property, 'CN') ?? sender.name, MOST_NAME) || own;
  return { ...withParam(withParam(property, 'CN', name), 'EMAIL', own), value: `mailto:${address}` };
}
