import { pushTopic } from '../../calendar/push-keys.ts';
import { property } from '../property.ts';
import { PUSH_KINDS, pushes } from '../push.ts';
import { push } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = push('topic');

/** topic, WebDAV-Push "Push Properties": what a push message calls the collection. */
export const topic = property({
  name: NAME,
  on: PUSH_KINDS,
  get: ({ collection }, { calendar }) => (pushes(calendar) ? el(NAME, text(pushTopic(collection.id))) : undefined),
});
