import { BadRequest } from '../../base/refusal.ts';
import { unlock as removeLock } from '../../calendar/lock.ts';
import type { Method } from '../method.ts';
import { requireResource } from '../require-resource.ts';
import { checkTarget } from '../write-check.ts';
import { lockPlace } from './lock.ts';

/**
 * UNLOCK, RFC 4918 §9.11. Can raise: lock-token-matches-request-uri, need-privileges, 400 without a Lock-Token, 404,
 * 412.
 */
export const unlock: Method = {
  name: 'UNLOCK',
  on: ['object', 'calendar', 'plain'],
  bodiless: true,
  async run(request) {
    const { context, headers } = request;
    const place = lockPlace(requireResource(request.target, 'read'));
    const token = /^\s*<([^<>\s]+)>\s*$/.exec(String(headers['lock-token'] ?? ''))?.[1];
    if (token === undefined) throw new BadRequest('The Lock-Token header names no lock');
    checkTarget(request);
    await removeLock(context.calendar, { ...place, actor: context.actor, token });
    return { status: 204 };
  },
};
