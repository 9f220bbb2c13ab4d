import type { MailAddress } from './mail.ts';

/** Control characters, line and paragraph separators: none of them is a part of a line that a person reads. */
const BREAKS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** Characters that turn what follows around, or cannot be seen. */
const HIDDEN = /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** A text of somebody's as it may stand in one line: at most so many characters. */
export function oneLine(text: string, most: number): string {
  const line = text
    .toWellFormed()
    .slice(0, most * 4)
    .replace(BREAKS, ' ')
    .replace(HIDDEN, '')
    .replace(/ {2,}/g, ' ');
  const points = [...line.trim()];
  return points.length <= most
    ? points.join('')
    : `${points
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}

/** Octets of the text of one encoded word: with its frame it stays below the 75 of RFC 2047 §2. */
const WORD_OCTETS = 42;
/** RFC 5322 §2.1.1. */
const LINE = 76;

const isAscii = (text: string): boolean => /^[\u0020-\u007e]*$/.test(text);

/** A text as encoded words (RFC 2047), none of which divides a character, with what separates them. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (word !== '' && Buffer.byteLength(word + character) > WORD_OCTETS) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join(' ');
}

/** Breaks a header line at blanks (RFC 5322 §2.2.3); one that has none where it is too long stays long. */
export function folded(name: string, value: string): string {
  const lines: string[] = [];
  let line = `${name}:`;
  for (const word of value.split(' ')) {
    if (line.length + 1 + word.length > LINE && line.trim() !== '' && line !== `${name}:`) {
      lines.push(line);
      line = '';
    }
    line += ` ${word}`;
  }
  return `${[...lines, line].join('\r\n')}\r\n`;
}

/** A header of plain text: Subject. What looks like an encoded word is encoded, as nobody shall decode it. */
export function textHeader(name: string, text: string, most: number): string {
  const line = oneLine(text, most);
  const isPlain = isAscii(line) && !line.includes('=?') && line.split(' ').every((word) => word.length < LINE);
  return folded(name, isPlain ? line : encodedWords(line));
}

/** A header of one address; it has to be one of plainAddress. */
export const addressHeader = (name: string, { name: person, address }: MailAddress, most: number): string =>
  folded(name, `${phrase(oneLine(person, most))}<${address}>`);

/** RFC 5322 §3.4: a name before an address. */
function phrase(name: string): string {
  if (name === '') return '';
  if (!isAscii(name) || name.includes('=?')) return `${encodedWords(name)} `;
  return /^[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+$/.test(name) ? `${name} ` : `"${name.replace(/["\\]/g, '\\$&')}" `;
}
