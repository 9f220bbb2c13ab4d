import type { Language } from '../../mail/outgoing.ts';
import { languageOf } from '../../mail/text/languages.ts';
import { DE } from './words/de.ts';
import { EN } from './words/en.ts';
import { ES } from './words/es.ts';
import { FR } from './words/fr.ts';
import type { Words } from './words/words.ts';

/** The languages of the page, each in its own name. */
export const LANGUAGES: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
};

const WORDS: Readonly<Record<Language, Words>> = { en: EN, de: DE, fr: FR, es: ES };

/** In what the page speaks. */
export interface Speech {
  readonly language: Language;
  /** For dates and times: the language, with the region where one was said. */
  readonly locale: string;
  readonly words: Words;
}

export interface AskedLanguage {
  /** What the visitor has chosen. */
  readonly chosen: string | undefined;
  /** Accept-Language (RFC 9110 §12.5.4). */
  readonly accept: string;
  /** What is known of the recipient. */
  readonly known: string | undefined;
  readonly otherwise: Language;
}

/** What was chosen counts first, then what the browser asks for, then what was known before. */
export function speechOf({ chosen, accept, known, otherwise }: AskedLanguage): Speech {
  const tags = acceptedTags(accept);
  const asked = tags.find((tag) => languageOf(tag) !== undefined);
  const language = languageOf(chosen) ?? languageOf(asked) ?? languageOf(known) ?? otherwise;
  const locale = tags.find((tag) => languageOf(tag) === language && REGIONAL.test(tag)) ?? DEFAULT_LOCALE[language];
  return { language, locale, words: WORDS[language] };
}

const REGIONAL = /^[a-z]{2}-[A-Z]{2}$/;
const DEFAULT_LOCALE: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE', fr: 'fr-FR', es: 'es-ES' };
const MOST_TAGS = 20;

function acceptedTags(accept: string): readonly string[] {
  return accept
    .slice(0, 500)
    .split(',', MOST_TAGS)
    .map((entry) => {
      const [tag = '', ...params] = entry.split(';').map((part) => part.trim());
      const weight = params.find((part) => part.startsWith('q='));
      return { tag, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag);
}
