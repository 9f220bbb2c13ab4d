import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { withoutProperties } from '../itip/component-edit.ts';
import { MASTER } from '../itip/instance-key.ts';
import { isCancelled } from '../itip/personal.ts';
import { revisionOf, type Memory } from '../itip/revision.ts';
import { ITIP_COMPONENTS } from '../itip/series.ts';
import { receiveAdd } from '../itip/add.ts';
import { receiveCancel } from '../itip/cancel.ts';
import { receiveCounter } from '../itip/counter.ts';
import { receiveDeclineCounter } from '../itip/decline-counter.ts';
import { messageComponents, type ItipMessage, type Method } from '../itip/message.ts';
import { unchanged, type Outcome, type Receiving } from '../itip/outcome.ts';
import { receivePublish } from '../itip/publish.ts';
import { receiveRefresh } from '../itip/refresh.ts';
import { receiveReply } from '../itip/reply.ts';
import { receiveRequest } from '../itip/request.ts';

type Receive = (mine: Component | undefined, message: ItipMessage, receiving: Receiving) => Outcome;

const RECEIVERS: Readonly<Record<Method, Receive>> = {
  PUBLISH: receivePublish,
  REQUEST: receiveRequest,
  REPLY: receiveReply,
  ADD: receiveAdd,
  CANCEL: receiveCancel,
  REFRESH: receiveRefresh,
  COUNTER: receiveCounter,
  DECLINECOUNTER: receiveDeclineCounter,
};

/**
 * What is known when a message of this server arrives: none can overtake another here, so that an invitation to what was
 * cancelled, the whole or a day, is later than that, whatever its SEQUENCE.
 */
export function knownInOrder(
  mine: Component | undefined,
  message: ItipMessage,
  memory: Memory,
): { readonly mine: Component | undefined; readonly memory: Memory } {
  if (message.method !== 'REQUEST') return { mine, memory };
  const parts = mine?.components.filter(({ name }) => ITIP_COMPONENTS.has(name)) ?? [];
  const isForgotten = Object.keys(memory.cancelled).length === 0;
  const answers = MASTER in memory.cancelled ? {} : memory.answers;
  const remembered = isForgotten ? memory : { ...memory, cancelled: {}, answers };
  if (mine === undefined || !parts.every(isCancelled)) return { mine, memory: remembered };
  const sent = Math.min(...messageComponents(message).map((each) => revisionOf(each).sequence));
  const isLater = (each: Component): boolean => ITIP_COMPONENTS.has(each.name) && revisionOf(each).sequence > sent;
  const components = mine.components.map((each) =>
    isLater(each) ? withoutProperties(each, ({ name }) => name === P.SEQUENCE) : each,
  );
  return { mine: { ...mine, components }, memory: remembered };
}

/** What a message does to the receiver's object, whatever its method (RFC 5546 §1.4). */
export const planReceive: Receive = (mine, message, receiving) => {
  if (message.kind === 'VFREEBUSY') return unchanged('ignored', 'free-busy is not kept', receiving.memory);
  return RECEIVERS[message.method](mine, message, receiving);
};
