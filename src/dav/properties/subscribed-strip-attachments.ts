import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NAME = cs('subscribed-strip-attachments');

/** CS:subscribed-strip-attachments, Apple's: while it is there, the attachments of the source are left out. */
export const subscribedStripAttachments = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection }) => (collection.stripAttachments ? el(NAME) : undefined),
  change: (node) => ({ stripAttachments: node !== undefined }),
});
