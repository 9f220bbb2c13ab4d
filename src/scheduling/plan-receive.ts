import type { Component } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { withoutProperties } from '../itip/component-edit.ts';
import { MASTER } from '../itip/instance-key.ts';
import { isCancelled } from '../itip/personal.ts';
import type { Memory } from '../itip/revision.ts';
import { ITIP_COMPONENTS } from '../itip/series.ts';
import { receiveAdd } from '../itip/add.ts';
import { receiveCancel } from '../itip/cancel.ts';
import { receiveCounter } from '../itip/counter.ts';
import { receiveDeclineCounter } from '../itip/decline-counter.ts';
import type { ItipMessage, Method } from '../itip/message.ts';
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
 * cancelled is later than that, whatever its SEQUENCE.
 */
export function knownInOrder(
  mine: Component | undefined,
  { method }: ItipMessage,
  memory: Memory,
): { readonly mine: Component | undefined; readonly memory: Memory } {
  if (method !== 'REQUEST') return { mine, memory };
  const { [MASTER]: _, ...cancelled } = memory.cancelled;
  const parts = mine?.components.filter(({ name }) => ITIP_COMPONENTS.has(name)) ?? [];
  const remembered = MASTER in memory.cancelled ? { ...memory, cancelled, answers: {} } : memory;
  if (mine === undefined || !parts.every(isCancelled)) return { mine, memory: remembered };
  const components = mine.components.map((each) =>
    ITIP_COMPONENTS.has(each.name) ? withoutProperties(each, ({ name }) => name === P.SEQUENCE) : each,
  );
  return { mine: { ...mine, components }, memory: remembered };
}

/** What a message does to the receiver's object, whatever its method (RFC 5546 §1.4). */
export const planReceive: Receive = (mine, message, receiving) => {
  if (message.kind === 'VFREEBUSY') return unchanged('ignored', 'free-busy is not kept', receiving.memory);
  return RECEIVERS[message.method](mine, message, receiving);
};
