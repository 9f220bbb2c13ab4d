/** One content line as a reader understands it. */
export interface ReadProperty {
  readonly name: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  /** As it stands after the colon. */
  readonly raw: string;
}

/** A vCard reader of its own, by RFC 6350 §3: nothing in it comes from what it tests. Throws for what is no vCard. */
export function readCard(text: string): readonly ReadProperty[] {
  if (!text.endsWith('\r\n')) throw new Error('The last line has no end');
  const physical = text.slice(0, -2).split('\r\n');
  if (physical.some((line) => /[\r\n]/.test(line))) throw new Error('A line break that is none');
  if (physical.some((line) => Buffer.byteLength(line) > 75)) throw new Error('A line of more than 75 octets');
  const lines: string[] = [];
  for (const line of physical) {
    if (line.startsWith(' ')) lines[lines.length - 1] += line.slice(1);
    else lines.push(line);
  }
  if (lines[0] !== 'BEGIN:VCARD' || lines.at(-1) !== 'END:VCARD') throw new Error('No vCard');
  if (lines.slice(1, -1).some((line) => /^(BEGIN|END):/i.test(line))) throw new Error('A vCard in a vCard');
  return lines.slice(1, -1).map(readLine);
}

function readLine(line: string): ReadProperty {
  const match = /^([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)$/su.exec(line);
  if (match === null) throw new Error(`Not a content line: ${line}`);
  const [, name = '', params = '', raw = ''] = match;
  const entries = [...params.matchAll(/;([A-Z0-9-]+)=([^;]*)/g)].map(([, key = '', values = '']) => [
    key,
    values.split(','),
  ]);
  return { name, params: Object.fromEntries(entries) as Record<string, string[]>, raw };
}

/** A text value as it is meant (RFC 6350 §3.4). Throws where a separator is not escaped. */
export function readText(raw: string): string {
  if (/(?<!\\)(?:\\\\)*[;,]/.test(raw)) throw new Error(`A separator in a text: ${raw}`);
  return raw.replace(/\\([\s\S])/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char));
}

/** The components of a structured value. */
export function readComponents(raw: string): readonly string[] {
  const parts = [''];
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] === ';') parts.push('');
    else parts[parts.length - 1] += raw[at] === '\\' ? raw[at]! + raw[++at]! : raw[at]!;
  }
  return parts.map(readText);
}
