import type { Action } from '../action.ts';
import { capabilities } from './capabilities.ts';
import { expand } from './expand.ts';
import { find } from './find.ts';
import { get } from './get.ts';
import { list } from './list.ts';

/**
 * Every action of the service; of two that fit a request the first is meant. A new one is a file here and a line below.
 * There is no "leapseconds" (RFC 7808 §5.6): the package of IANA's data has none.
 */
export const ACTIONS: readonly Action[] = [capabilities, find, list, expand, get];
