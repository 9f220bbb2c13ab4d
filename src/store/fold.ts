/** Text as it is compared without regard to case: NFC, lower case. For log-in names, addresses and searches. */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

/** A LIKE pattern (with `escape '\'`) for text that is meant literally. */
export function likePattern(text: string, match: 'contains' | 'starts-with' | 'equals' | 'ends-with'): string {
  const literal = fold(text).replaceAll(/[\\%_]/g, String.raw`\$&`);
  const before = match === 'contains' || match === 'ends-with' ? '%' : '';
  const after = match === 'contains' || match === 'starts-with' ? '%' : '';
  return before + literal + after;
}
