import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

import { HOUR } from '../base/clock.ts';
import type { CalendarContext } from './context.ts';
import { mailSecret } from './mail-tokens.ts';

/** How long a page that is open can be sent. */
export const NONCE_LIVES = 12 * HOUR;

const FORM = /^([0-9a-z]{8,10})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/**
 * A word that says that somebody was shown the page of this link: who only follows addresses has none. Nothing is kept of it;
 * undefined where no invitation was ever mailed.
 */
export async function makeNonce(context: CalendarContext, token: string): Promise<string | undefined> {
  const secret = await mailSecret(context);
  if (secret === undefined) return undefined;
  const expiry = (context.clock() + NONCE_LIVES).toString(36);
  const random = randomBytes(16).toString('base64url');
  return `${expiry}.${random}.${macOf(secret, { token, expiry, random }).toString('base64url')}`;
}

/** Whether a nonce was made for the page of this link, and not too long ago. */
export async function isNonce(context: CalendarContext, token: string, nonce: string): Promise<boolean> {
  const [, expiry, random, mac] = FORM.exec(nonce) ?? [];
  const secret = await mailSecret(context);
  if (expiry === undefined || random === undefined || mac === undefined || secret === undefined) return false;
  const made = macOf(secret, { token, expiry, random });
  const until = Number.parseInt(expiry, 36);
  return timingSafeEqual(made, Buffer.from(mac, 'base64url')) && context.clock() < until;
}

interface Said {
  readonly token: string;
  readonly expiry: string;
  readonly random: string;
}

function macOf(secret: string, { token, expiry, random }: Said): Buffer {
  const page = hash('sha256', token.toLowerCase(), 'base64url');
  return createHmac('sha256', secret)
    .update(JSON.stringify(['answer-page', page, expiry, random]))
    .digest();
}
