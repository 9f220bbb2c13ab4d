import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NONE = el(dav('lockdiscovery'));

/** DAV:lockdiscovery, RFC 4918 §15.8: empty. Nothing is ever locked. */
export const lockdiscovery = property({ name: dav('lockdiscovery'), allprop: true, on: ALL_KINDS, get: () => NONE });
