const MOST_CHARACTERS = 200;

/** The file name of a Content-Disposition header (RFC 6266 §4.3): its last segment, without what no name may have. */
export function filenameIn(header: string | undefined): string {
  const extended = /(?:^|;)\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header ?? '')?.[1];
  const plain = /(?:^|;)\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header ?? '');
  const named = decoded(extended) ?? unquoted(plain?.[1]) ?? plain?.[2] ?? '';
  // RFC 6266 §4.3: a path is none of the sender's business. Control characters end lines, of headers and of iCalendar.
  const [name = ''] = /[^/\\]*$/.exec(named) ?? [];
  const clean = [...name].filter((character) => !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(character));
  return clean.slice(0, MOST_CHARACTERS).join('').trim() || 'attachment';
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Header octets are read as Latin-1 by node; what was sent is UTF-8 where it can be. */
const unquoted = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined;
  const octets = Buffer.from(text.replaceAll(/\\(.)/g, '$1'), 'latin1');
  const asUtf8 = octets.toString('utf8');
  return asUtf8.includes('\ufffd') ? octets.toString('latin1') : asUtf8;
};

/** Content-Disposition of something to be saved, never shown (RFC 6266 §4.1; RFC 8187 for what is not ASCII). */
export function savedAs(filename: string): string {
  const ascii = filename.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const extended = encodeURIComponent(filename).replaceAll(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${extended}`;
}
