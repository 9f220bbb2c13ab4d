import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NAME = cs('subscribed-strip-todos');

/** CS:subscribed-strip-todos, Apple's: while it is there, the tasks of the source are left out. */
export const subscribedStripTodos = property({
  name: NAME,
  on: ['calendar'],
  get: ({ collection }) => (collection.stripTodos ? el(NAME) : undefined),
  change: (node) => ({ stripTodos: node !== undefined }),
});
