import { encode, wrap } from 'nodemailer/lib/qp';

/** A leaf of a mail. */
export interface Leaf {
  /** Content-Type, with its parameters. */
  readonly type: string;
  /** Of quoted-printable the text, of base64 what base64Lines has made of it. */
  readonly body: string;
  readonly encoding: 'quoted-printable' | 'base64';
  /** Content-Disposition. */
  readonly disposition?: string;
}

export interface Multipart {
  readonly subtype: 'mixed' | 'alternative';
  readonly boundary: string;
  readonly parts: readonly (Leaf | Multipart)[];
}

/** An entity with its own headers, RFC 2045. Lines end in CRLF. */
export function writeEntity(entity: Leaf | Multipart): string {
  if ('parts' in entity) {
    const { subtype, boundary, parts } = entity;
    const written = parts.map((part) => `--${boundary}\r\n${writeEntity(part)}\r\n`).join('');
    return `Content-Type: multipart/${subtype};\r\n boundary="${boundary}"\r\n\r\n${written}--${boundary}--\r\n`;
  }
  const { type, encoding, disposition, body } = entity;
  const more = disposition === undefined ? '' : `Content-Disposition: ${disposition}\r\n`;
  return `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n${more}\r\n${encoded(body, encoding)}`;
}

const BASE64_LINE = /.{76}(?!$)/g;

/** A text whose lines are as they shall be, in base64 (RFC 2045 §6.8). */
export const base64Lines = (text: string): string =>
  Buffer.from(text).toString('base64').replace(BASE64_LINE, '$&\r\n');

const encoded = (body: string, encoding: Leaf['encoding']): string =>
  encoding === 'base64' ? body : wrap(encode(Buffer.from(body.replace(/\r\n|\r|\n/g, '\r\n'))));
