/**
 * What the page does more where there is JavaScript: times of the visitor's own zone beside the others, and a word to the server that somebody has the page before him. All else goes without it.
 */
export const ANSWER_SCRIPT = `
(() => {
  'use strict';
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const language = document.documentElement.lang;
  const each = (what, act) => document.querySelectorAll(what).forEach(act);
  if (zone) {
    each('input[name=here]', (input) => { if (input.value === '') input.value = zone; });
    each('[data-start]', (place) => {
      const at = [Number(place.dataset.start), Number(place.dataset.end)];
      const shown = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: 'numeric', minute: '2-digit' };
      const text = (timeZone) => {
        const format = new Intl.DateTimeFormat(place.dataset.locale, { ...shown, timeZone });
        return at[1] > at[0] ? format.formatRange(at[0], at[1]) : format.format(at[0]);
      };
      try {
        if (text(zone) === text(place.dataset.zone)) return;
      } catch { return; }
      place.textContent = place.dataset.word + ' ' + text(zone) + ' (' + zone.replaceAll('_', ' ') + ')';
      place.hidden = false;
    });
  }
  each('[data-focus]', (place) => place.focus());
  const nonce = document.querySelector('input[name=nonce]');
  if (!nonce) return;
  const tell = () => {
    if (document.visibilityState !== 'visible') return;
    document.removeEventListener('visibilitychange', tell);
    const body = new URLSearchParams({ do: 'opened', nonce: nonce.value, here: zone || '', language });
    fetch(location.pathname, { method: 'POST', body, credentials: 'omit', keepalive: true }).catch(() => {});
  };
  document.addEventListener('visibilitychange', tell);
  tell();
})();
`;
