import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

const NONE = el(dav('supportedlock'));

/** DAV:supportedlock, RFC 4918 §15.10: empty. There are no locks here (RFC 4918 class 2 is not announced). */
export const supportedlock = property({ name: dav('supportedlock'), allprop: true, on: ALL_KINDS, get: () => NONE });
