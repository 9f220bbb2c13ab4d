import { hash } from 'node:crypto';

import type { Speech } from './language.ts';
import { markup, raw, type Markup } from './markup.ts';
import { ANSWER_SCRIPT } from './script.ts';
import { ANSWER_STYLE } from './style.ts';

const hashOf = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`;

/** Headers of every answer of the page: our own style and script and no other, in no frame, kept by nobody. */
export const ANSWER_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src ${hashOf(ANSWER_STYLE)}`,
    `script-src ${hashOf(ANSWER_SCRIPT)}`,
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex, nofollow',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
} as const;

/** A whole page. */
export function documentOf({ language }: Pick<Speech, 'language'>, title: string, body: Markup): string {
  return markup`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="referrer" content="no-referrer" />
        <meta name="color-scheme" content="light dark" />
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
        <title>${title}</title>
        <style>${raw(ANSWER_STYLE)}</style>
      </head>
      <body>
        ${body}
        <script>${raw(ANSWER_SCRIPT)}</script>
      </body>
    </html> `.markup;
}

/** A page of a heading and a sentence: where there is nothing to answer. */
export const plainPage = (speech: Speech, title: string, text: string, back?: string): string =>
  documentOf(
    speech,
    title,
    markup`<main>
      <div class="card">
        <h1>${title}</h1>
        <p class="from">${text}</p>
        ${back !== undefined && markup`<p class="from"><a href="${back}">${speech.words.back}</a></p>`}
      </div>
    </main>`,
  );
