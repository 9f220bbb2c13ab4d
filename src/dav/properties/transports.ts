import { vapidKeys } from '../../calendar/push-keys.ts';
import { property } from '../property.ts';
import { PUSH_KINDS, pushes } from '../push.ts';
import { push } from '../xml/names.ts';
import { el, elWith, text } from '../xml/write.ts';

const NAME = push('transports');

/** transports, WebDAV-Push "Push Properties": Web Push, with the key to which a client binds its subscription. */
export const transports = property({
  name: NAME,
  on: PUSH_KINDS,
  get: async (_, { calendar }) => {
    if (!pushes(calendar)) return undefined;
    const { publicKey } = await vapidKeys(calendar);
    const key = elWith(push('vapid-public-key'), { type: 'p256ecdsa' }, text(publicKey));
    return el(NAME, el(push('web-push'), key));
  },
});
