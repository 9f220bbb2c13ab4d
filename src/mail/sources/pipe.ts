import type { Limits } from '../../base/limits.ts';
import type { Receiver } from '../raw-mail.ts';
import { traceLinesOf, tracedRecipients } from './trace-lines.ts';

/** Exit codes by which a mail server is told what became of a mail, as <sysexits.h> has them. */
export const PIPED = {
  taken: 0,
  /** EX_DATAERR: it bounces. */
  unusable: 65,
  /** EX_NOUSER: it bounces. */
  unknownRecipient: 67,
  /** EX_TEMPFAIL: the mail server keeps it, and comes again. */
  later: 75,
} as const;

export interface PipedMail {
  readonly octets: Buffer;
  /** As the mail server names the sender of the envelope; undefined: as the mail says. */
  readonly from: string | undefined;
  /** Recipients of the envelope; none: as the mail says. */
  readonly to: readonly string[];
}

export interface PipeOptions {
  readonly receiver: Receiver;
  readonly knows: (address: string) => Promise<boolean>;
  readonly limits: Pick<Limits, 'inboundMailRecipients'>;
}

/**
 * Takes a mail that a mail server has written into a pipe, and gives the exit code. Of several recipients one that is to
 * wait makes all wait, as what was taken already is known when it comes again; one that nobody here has makes the mail
 * bounce only where it was for nobody else.
 */
export async function takePiped(mail: PipedMail, options: PipeOptions): Promise<number> {
  const { octets } = mail;
  if (octets.toString('latin1', 0, 1024).trim() === '') return PIPED.unusable;
  const traced = traceLinesOf(octets);
  const to = await recipientsOf(mail, options);
  if (to.length === 0) return PIPED.unknownRecipient;
  const envelope = { from: mail.from === undefined ? traced.from : senderOf(mail.from), to };
  const receipts = await options.receiver({ octets, source: 'pipe', envelope });
  const kinds = to.map((address) => receipts.get(address)?.kind ?? 'later');
  if (kinds.includes('later')) return PIPED.later;
  return kinds.includes('taken') ? PIPED.taken : PIPED.unknownRecipient;
}

async function recipientsOf({ octets, to }: PipedMail, { knows, limits }: PipeOptions): Promise<readonly string[]> {
  const most = limits.inboundMailRecipients;
  if (to.length === 0) return tracedRecipients(traceLinesOf(octets), knows, most);
  const known: string[] = [];
  for (const address of to) if (await knows(address)) known.push(address);
  return known;
}

/** The null sender is written as '' or <>, and by Postfix's pipe(8) as MAILER-DAEMON. */
function senderOf(text: string): string {
  const address = text.trim().replace(/^<(.*)>$/, '$1');
  return address.includes('@') ? address : '';
}
