/** What a message of WebDAV-Push says: that something changed, never what. */
export interface PushMessage {
  /** Of the collection. */
  readonly topic: string;
  /** A content update, with the collection's sync token after it; without one where the collection is gone. */
  readonly content: { readonly syncToken: string | undefined } | undefined;
  readonly propertyUpdate: boolean;
}

/** The document push-message, WebDAV-Push "Push Message". Its two namespaces are all that it shares with dav/xml. */
export function pushMessage({ topic, content, propertyUpdate }: PushMessage): string {
  const token = content?.syncToken === undefined ? '' : `<D:sync-token>${escaped(content.syncToken)}</D:sync-token>`;
  const parts = [
    `<P:topic>${escaped(topic)}</P:topic>`,
    ...(content === undefined ? [] : [`<P:content-update>${token}</P:content-update>`]),
    ...(propertyUpdate ? ['<P:property-update/>'] : []),
  ];
  return (
    '<?xml version="1.0" encoding="utf-8"?>\n' +
    `<P:push-message xmlns:D="DAV:" xmlns:P="https://bitfire.at/webdav-push">${parts.join('')}</P:push-message>`
  );
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
