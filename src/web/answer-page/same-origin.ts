import type { OpenMiddleware } from '../../http/state.ts';

/**
 * Whether a form comes from a page of this server, as far as the browser tells: Sec-Fetch-Site, and Origin, which is `null`
 * where the page tells nobody its address (Referrer-Policy: no-referrer). What tells nothing is for the nonce to decide.
 */
export function isFromHere(ctx: Parameters<OpenMiddleware>[0]): boolean {
  const site = ctx.get('Sec-Fetch-Site');
  if (site !== '' && site !== 'same-origin' && site !== 'none') return false;
  const origin = ctx.get('Origin');
  if (origin === '' || (origin === 'null' && site !== 'none')) return true;
  const { publicUrl, host } = ctx.state.own;
  if (!URL.canParse(origin)) return false;
  if (publicUrl !== undefined) return new URL(publicUrl).origin === origin;
  return host !== undefined && new URL(origin).host === host.toLowerCase();
}
