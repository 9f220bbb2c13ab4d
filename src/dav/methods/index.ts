import type { Method } from '../method.ts';
import { acl } from './acl.ts';
import { copy } from './copy.ts';
import { remove } from './delete.ts';
import { get, head } from './get.ts';
import { lock } from './lock.ts';
import { mkcalendar } from './mkcalendar.ts';
import { mkcol } from './mkcol.ts';
import { move } from './move.ts';
import { options } from './options.ts';
import { post } from './post.ts';
import { propfind } from './propfind.ts';
import { proppatch } from './proppatch.ts';
import { put } from './put.ts';
import { report } from './report.ts';
import { unlock } from './unlock.ts';

/** Every method of the DAV door, in the order of the Allow header. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    options,
    get,
    head,
    put,
    post,
    remove,
    propfind,
    proppatch,
    mkcalendar,
    mkcol,
    copy,
    move,
    lock,
    unlock,
    report,
    acl,
  ].map((method) => [method.name, method]),
);
