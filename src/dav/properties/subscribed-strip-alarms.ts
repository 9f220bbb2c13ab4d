import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NAME = cs('subscribed-strip-alarms');

/** CS:subscribed-strip-alarms, Apple's: while it is there, the alarms of the source are left out. */
export const subscribedStripAlarms = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection }) => (collection.stripAlarms ? el(NAME) : undefined),
  change: (node) => ({ stripAlarms: node !== undefined }),
});
