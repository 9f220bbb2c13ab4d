import { escapeHtml } from '../html.ts';

/** What is HTML already; everything else is text, and escaped where it is put in. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[] | undefined | false;

/** HTML with values in it, in elements or in quoted attributes: texts are escaped, markup stays, undefined is nothing. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.reduce((made, text, at) => made + textOf(parts[at - 1]) + text) };
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
}

/** Our own text that is markup, such as a style sheet; never anything from outside. */
export const raw = (markup: string): Markup => ({ markup });
