import type { DeliveryReport } from './mail.ts';

/** A leaf of a mail, decoded from its transfer encoding; a message within the mail (message/rfc822) is a leaf here. */
export interface ReportPart {
  /** In lower case, without parameters. */
  readonly contentType: string;
  readonly octets: Uint8Array;
}

/** What a mail has to show that may be a delivery status notification. */
export interface PossibleReport {
  /** Of the whole mail: lower case, without parameters. */
  readonly contentType: string;
  /** Values of X-Failed-Recipients, which Exim writes. */
  readonly failedRecipients: readonly string[];
  /** Leaves in their order. */
  readonly parts: readonly ReportPart[];
}

type ReportedRecipient = DeliveryReport['recipients'][number];

/** Nobody's report is about more: a message of ours has one recipient. */
const MOST_RECIPIENTS = 100;
/** What is read of a part: reports are short, and what they return comes last. */
const MOST_OCTETS = 256 * 1024;

/**
 * Reads a delivery status notification: RFC 3464, also in its UTF-8 form (RFC 6533), Exim's plain text with
 * X-Failed-Recipients, and qmail's. undefined: the mail is none, or one of an unknown shape.
 */
export function readReport({ contentType, failedRecipients, parts }: PossibleReport): DeliveryReport | undefined {
  const status = parts.find((part) => STATUS_TYPES.has(part.contentType));
  const about = returnedMessageId(parts);
  if (status !== undefined) return { recipients: statusRecipients(textOf(status)), about };
  const text = parts.find((part) => part.contentType === 'text/plain');
  const said = text === undefined ? '' : textOf(text);
  if (failedRecipients.length > 0 && (contentType === 'multipart/report' || contentType.startsWith('text/') || about)) {
    return { recipients: eximRecipients(failedRecipients, said), about: about ?? idBelow(said) };
  }
  return QMAIL.test(said) ? { recipients: qmailRecipients(said), about: about ?? idBelow(said) } : undefined;
}

const STATUS_TYPES = new Set(['message/delivery-status', 'message/global-delivery-status']);
const RETURNED_TYPES = new Set([
  ...['message/rfc822', 'text/rfc822-headers', 'message/rfc822-headers'],
  ...['message/global', 'message/global-headers'],
]);

const textOf = ({ octets }: ReportPart): string => Buffer.from(octets.subarray(0, MOST_OCTETS)).toString('utf8');

/** RFC 3464 §2: a group of fields of the message, and one for each recipient, with empty lines between them. */
function statusRecipients(text: string): readonly ReportedRecipient[] {
  const groups = text.split(/\r?\n[ \t]*\r?\n/).map(fieldsOf);
  return groups.slice(0, MOST_RECIPIENTS + 1).flatMap((fields) => recipientOf(fields) ?? []);
}

type Fields = ReadonlyMap<string, string>;

/** Unfolded, by name in lower case; the first of a name counts. */
function fieldsOf(group: string): Fields {
  const fields = new Map<string, string>();
  for (const line of group.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** RFC 3464 §2.3: as whom the sender has named the recipient comes before where the mail was forwarded to. */
function recipientOf(fields: Fields): ReportedRecipient | undefined {
  const named = fields.get('original-recipient') ?? fields.get('final-recipient') ?? fields.get('x-actual-recipient');
  const address = named === undefined ? undefined : typedAddress(named);
  if (address === undefined) return undefined;
  const diagnostic = fields.get('diagnostic-code')?.replace(/^[^;]*;/, '') ?? '';
  const status = statusIn(fields.get('status') ?? '') ?? statusIn(diagnostic) ?? '';
  const action = actionOf(fields.get('action') ?? '', status);
  return action && { address, action, status: status || DEFAULT_STATUS[action], said: saidOf(diagnostic) };
}

const ACTIONS = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const;
type Action = (typeof ACTIONS)[number];
const DEFAULT_STATUS: Readonly<Record<Action, string>> = {
  failed: '5.0.0',
  delayed: '4.0.0',
  delivered: '2.0.0',
  relayed: '2.0.0',
  expanded: '2.0.0',
};

function actionOf(text: string, status: string): Action | undefined {
  const word = /^[a-z]+/i.exec(text)?.[0].toLowerCase();
  const known = ACTIONS.find((action) => action === word);
  return known ?? (status.startsWith('5') ? 'failed' : status.startsWith('4') ? 'delayed' : undefined);
}

/** `rfc822;bob@example.com`, also with `utf-8;` and RFC 6533's \x{…}, or the bare address. */
function typedAddress(value: string): string | undefined {
  const [, type = '', rest = ''] = /^(?:([a-z0-9-]+)\s*;)?(.*)$/is.exec(value) ?? [];
  const isUnicode = type.toLowerCase() === 'utf-8';
  const text = isUnicode ? rest.replace(/\\x\{([0-9a-f]{2,6})\}/gi, (_, hex: string) => scalar(hex)) : rest;
  return addressIn(text);
}

function scalar(hex: string): string {
  const code = Number.parseInt(hex, 16);
  return code <= 0x10_ffff ? String.fromCodePoint(code) : '';
}

const addressIn = (text: string): string | undefined => /[^\s<>()",;:]+@[^\s<>()",;:]+/.exec(text.slice(0, 1000))?.[0];

/** RFC 3463 §2. */
const statusIn = (text: string): string | undefined => /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])/.exec(text)?.[0];

/** What is looked at of what a server said: longer is none of them. */
const MOST_SAID = 2000;

/** One line without addresses: it is shown to people, and the address is known. */
function saidOf(text: string): string {
  const line = text
    .slice(0, MOST_SAID)
    .replace(/<?[^\s<>()"]+@[^\s<>()"]+>?/g, '…')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

/** The message, or its headers, that the report gives back. The id is without its angle brackets. */
function returnedMessageId(parts: readonly ReportPart[]): string | undefined {
  const returned = parts.find((part) => RETURNED_TYPES.has(part.contentType));
  if (returned === undefined) return undefined;
  const [head = ''] = textOf(returned)
    .replace(/^\s+/, '')
    .split(/\r?\n\r?\n/, 1);
  return idIn(head);
}

/** Of a message that is only quoted in a text. */
const idBelow = (text: string): string | undefined => idIn(text);

const idIn = (text: string): string | undefined =>
  /^Message-ID:\s*<([^<>\s]{1,500})>/im.exec(text.replace(/\r?\n[ \t]+/g, ' '))?.[1];

/** What Exim says of each address stands in the text, indented below it. */
function eximRecipients(values: readonly string[], text: string): readonly ReportedRecipient[] {
  const addresses = values.flatMap((value) => value.split(',')).flatMap((each) => addressIn(each) ?? []);
  return addresses.slice(0, MOST_RECIPIENTS).map((address) => {
    const below = text
      .split(address)
      .slice(1)
      .join(' ')
      .split(/\r?\n\r?\n/, 2)
      .join(' ');
    const status = statusIn(below) ?? '';
    return { address, action: 'failed', status: status.startsWith('5') ? status : '5.0.0', said: saidOf(below) };
  });
}

const QMAIL = /^Hi\. (?:This is the|The) .{0,200}?(?:qmail|deliver)/is;

/** A paragraph a recipient: `<address>:`, then what was said; ends where the copy of the message begins. */
function qmailRecipients(text: string): readonly ReportedRecipient[] {
  const [head = ''] = text.split(/^--- /m, 1);
  const paragraphs = head.split(/\r?\n[ \t]*\r?\n/).slice(0, MOST_RECIPIENTS + 10);
  return paragraphs.flatMap((paragraph) => {
    const [, address, said = ''] = /^<([^<>\s]+@[^<>\s]+)>:\s*(.*)$/s.exec(paragraph.trim().slice(0, MOST_SAID)) ?? [];
    if (address === undefined) return [];
    return [{ address, action: 'failed' as const, status: statusIn(said) ?? '5.0.0', said: saidOf(said) }];
  });
}
