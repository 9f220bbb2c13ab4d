/** A field of a mail's header; both are text of strangers. */
export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  /** Unfolded, without the spaces around it. */
  readonly value: string;
}

/** No honest header is as long; all of it would be looked at. */
const MOST_OCTETS = 256 * 1024;
const MOST_FIELDS = 1_000;

/** The fields of a mail's header in their order (RFC 5322 §2.2); undefined where they are too many, or too long. */
export function headerFields(octets: Buffer): readonly HeaderField[] | undefined {
  const text = octets.subarray(0, MOST_OCTETS + 1).toString('utf8');
  const end = /(?:^|\r?\n)\r?\n/.exec(text);
  if (end === null && octets.length > MOST_OCTETS) return undefined;
  const lines = (end === null ? text : text.slice(0, end.index)).split(/\r?\n/);
  const fields: { name: string; parts: string[] }[] = [];
  for (const line of lines) {
    if (/^[ \t]/.test(line)) {
      fields.at(-1)?.parts.push(line);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon > 0) fields.push({ name: line.slice(0, colon).trim().toLowerCase(), parts: [line.slice(colon + 1)] });
  }
  if (fields.length > MOST_FIELDS) return undefined;
  return fields.map(({ name, parts }) => ({ name, value: parts.join('').trim() }));
}

export const fieldsNamed = (fields: readonly HeaderField[], name: string): readonly HeaderField[] =>
  fields.filter((field) => field.name === name);
