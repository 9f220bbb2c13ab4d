import { cardText } from '../card.ts';
import { isNotification, notificationText } from '../notification.ts';
import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el, text } from '../xml/write.ts';

const NAME = dav('getcontentlength');
/** What GET of a collection sends is made for each request: it has no length to be known before. */
const NONE = el(NAME, text('0'));

const length = (octets: number) => el(NAME, text(String(octets)));

/** DAV:getcontentlength, RFC 4918 §15.4. */
export const getcontentlength = property({
  name: NAME,
  allprop: true,
  on: ALL_KINDS,
  get(resource, context) {
    if (resource.kind === 'card')
      return cardText(resource, '3.0', context).then((card) => length(Buffer.byteLength(card)));
    if (resource.kind === 'object' && isNotification(resource)) {
      return notificationText(context, resource).then((notice) => length(Buffer.byteLength(notice)));
    }
    if (resource.kind === 'attachment') return length(resource.attachment.size);
    return resource.kind === 'object' ? length(resource.object.size) : NONE;
  },
});
