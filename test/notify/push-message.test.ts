import { expect, test } from 'vitest';
import { pushMessage } from '../../src/notify/push-message.ts';

const START =
  '<?xml version="1.0" encoding="utf-8"?>\n<P:push-message xmlns:D="DAV:" xmlns:P="https://bitfire.at/webdav-push">';

test('a message tells of a content update with the sync token, of a property update, or of both', () => {
  expect(pushMessage({ topic: 't', content: { syncToken: 'data:,a&b' }, propertyUpdate: true })).toBe(
    `${START}<P:topic>t</P:topic><P:content-update><D:sync-token>data:,a&amp;b</D:sync-token></P:content-update><P:property-update/></P:push-message>`,
  );
  expect(pushMessage({ topic: 't', content: undefined, propertyUpdate: true })).toBe(
    `${START}<P:topic>t</P:topic><P:property-update/></P:push-message>`,
  );
  expect(pushMessage({ topic: 't', content: { syncToken: undefined }, propertyUpdate: false })).toBe(
    `${START}<P:topic>t</P:topic><P:content-update></P:content-update></P:push-message>`,
  );
});
