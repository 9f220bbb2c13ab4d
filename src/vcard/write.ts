import { atOnce, type Steps } from '../base/steps.ts';
import { writeProperty } from '../ical/write.ts';
import type { Card } from './card.ts';

/** Lines that are written between two breaks. */
const LINES = 500;

/** A vCard as text: CRLF, folded at 75 octets and never inside a character (RFC 6350 §3.2, RFC 2426 §2.6). */
export const writeCard = (card: Card): string => atOnce(writingCard(card));

/** As writeCard; it may be interrupted between two lines. */
export function* writingCard(card: Card): Steps<string> {
  const lines = ['BEGIN:VCARD\r\n'];
  for (const property of card) {
    if (lines.length % LINES === 0) yield;
    lines.push(writeProperty(property));
  }
  lines.push('END:VCARD\r\n');
  return lines.join('');
}
