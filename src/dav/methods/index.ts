import type { Method } from '../method.ts';
import { copy } from './copy.ts';
import { remove } from './delete.ts';
import { get, head } from './get.ts';
import { mkcalendar } from './mkcalendar.ts';
import { mkcol } from './mkcol.ts';
import { move } from './move.ts';
import { options } from './options.ts';
import { propfind } from './propfind.ts';
import { proppatch } from './proppatch.ts';
import { put } from './put.ts';
import { report } from './report.ts';

/** Every method of the DAV door, in the order of the Allow header. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [options, get, head, put, remove, propfind, proppatch, mkcalendar, mkcol, copy, move, report].map((method) => [
    method.name,
    method,
  ]),
);
