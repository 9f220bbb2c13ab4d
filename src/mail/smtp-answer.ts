import type { SendOutcome } from './outgoing.ts';

/** Characters of what a server said that are kept. */
const LONGEST = 300;
/** What may be an address, also written into another (`bounce+ann=example.org@…`); what is left of it says nothing of anybody. */
const ADDRESS = /<?(?:"[^"]{0,64}"|[^\s<>()"',;:[\]]+)@[^\s<>()"',;]*>?/gu;
/** Each line of an answer begins with the code of all of it (RFC 5321 §4.2.1). */
const LATER_CODE = /\r?\n\d{3}[ -](?:[245]\.\d{1,3}\.\d{1,3} )?/g;

/** What a server said, as one bounded line without an address. */
export function oneLine(said: string): string {
  const line = said
    .slice(0, 4 * LONGEST)
    .replace(LATER_CODE, ' ')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replace(ADDRESS, '…')
    .trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

/** What failed, as the SMTP client tells it. */
export interface SmtpFailure {
  readonly message: string;
  /** Of the client: ECONNECTION, ETIMEDOUT, EENVELOPE and the like. */
  readonly code: string;
  /** Of the server's answer; undefined: it did not answer. */
  readonly answerCode: number | undefined;
  readonly answer: string;
  /** `MAIL FROM`, `RCPT TO`, `DATA`. */
  readonly command: string;
}

export function failureOf(cause: unknown): SmtpFailure {
  const fields: Readonly<Record<string, unknown>> = cause instanceof Error ? { ...cause } : {};
  const textOf = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  return {
    message: cause instanceof Error ? cause.message : String(cause),
    code: textOf('originalCode') || textOf('code'),
    answerCode: typeof fields.responseCode === 'number' ? fields.responseCode : undefined,
    answer: textOf('response'),
    command: textOf('command'),
  };
}

/** Answers that are about the session: the next mail would hear the same (RFC 5321 §3.8, RFC 4954 §6, RFC 3207 §4). */
const OF_THE_SESSION = [421, 530, 534, 535, 538];

/**
 * What came of a mail that the server did not take. What breaks off without an answer may do so because of this one mail: it
 * comes later, by itself, and keeps no other waiting.
 */
export function outcomeOf(failure: SmtpFailure): SendOutcome {
  const { answerCode, answer, command } = failure;
  if (failure.code === 'EMESSAGE' && answerCode === undefined)
    return { kind: 'refused', reason: 'it is larger than the mail server takes', status: '5.3.4' };
  if (answerCode === undefined || answerCode < 400) return { kind: 'later', reason: reasonOf(failure) };
  if (command === 'MAIL FROM' && OF_THE_SESSION.includes(answerCode))
    return { kind: 'unavailable', reason: oneLine(answer) };
  if (answerCode < 500) return { kind: 'later', reason: oneLine(answer) };
  return { kind: 'refused', reason: oneLine(answer), status: statusOf(failure, answerCode) };
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ENOTFOUND: 'there is no such host',
  EDNS: 'its name cannot be looked up',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'the connection was closed',
  ECONNECTION: 'the connection was closed',
};

/** Why there is no answer that says it. */
export function reasonOf({ code, answer, message, command }: SmtpFailure): string {
  if (command === 'STARTTLS' && answer !== '') return `it offers no TLS (${oneLine(answer)}); see mail.tls`;
  return answer === '' ? (REASONS[code] ?? oneLine(message)) : oneLine(answer);
}

/** The status that the server names (RFC 2034 §4), or the one that its answer comes nearest to (RFC 3463 §3). */
function statusOf({ answer, command }: SmtpFailure, code: number): string {
  const named = /^5\d\d[ -](5\.\d{1,3}\.\d{1,3})(?=\s|$)/.exec(answer)?.[1];
  if (named !== undefined) return named;
  const isOfRecipient = command === 'RCPT TO';
  if (code === 550) return isOfRecipient ? '5.1.1' : '5.7.1';
  if (code === 551) return '5.1.6';
  if (code === 552) return isOfRecipient ? '5.2.2' : '5.3.4';
  if (code === 553) return isOfRecipient ? '5.1.3' : '5.1.7';
  return '5.0.0';
}
