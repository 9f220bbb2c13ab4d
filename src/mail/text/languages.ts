import type { Language } from '../outgoing.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import type { Words } from './words.ts';

const LANGUAGES: Readonly<Record<Language, Words>> = { en, de, fr, es };

export const wordsOf = (language: Language): Words => LANGUAGES[language];

/** The language of ours that a BCP 47 tag asks for: `de-AT` is German. */
export function languageOf(tag: string | null | undefined): Language | undefined {
  const primary = tag?.trim().toLowerCase().split(/[-_]/)[0] ?? '';
  return Object.hasOwn(LANGUAGES, primary) ? (primary as Language) : undefined; // a key of LANGUAGES
}
