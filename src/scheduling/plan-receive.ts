import type { Component } from '../ical/component.ts';
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

/** What a message does to the receiver's object, whatever its method (RFC 5546 §1.4). */
export const planReceive: Receive = (mine, message, receiving) => {
  if (message.kind === 'VFREEBUSY') return unchanged('ignored', 'free-busy is not kept', receiving.memory);
  return RECEIVERS[message.method](mine, message, receiving);
};
