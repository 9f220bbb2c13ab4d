import { propertyOf } from '../ical/component.ts';
import { P } from '../ical/names.ts';
import { messageComponents, type ItipMessage } from '../itip/message.ts';
import type { CalendarUser } from '../scheduling/directory.ts';
import { calendarUser, knownUsers } from './calendar-users.ts';
import type { CalendarContext } from './context.ts';
import { invitationByReplyToken, replyTokenIn } from './mail-tokens.ts';
import { getPrincipal } from './principals.ts';

/** Whose a mail to an address is. */
export type MailRecipient =
  /** Of somebody here; `token`: what the token of the reply address says of who answers. */
  | {
      readonly kind: 'user';
      readonly user: CalendarUser;
      /** The calendar user address at which it reaches him. */
      readonly address: string;
      readonly token: { readonly uid: string; readonly recipient: string } | undefined;
    }
  /** A reply address whose token is none, or none any more. */
  | { readonly kind: 'expired' }
  /** Of this server and nobody's own: the address of bounces, or of replies without a token. */
  | { readonly kind: 'server' }
  | { readonly kind: 'unknown' };

/** Whose an address of mail is: of a token, of this server, or of somebody here, also with +anything in its local part. */
export async function mailRecipient(context: CalendarContext, address: string): Promise<MailRecipient> {
  const own = address
    .trim()
    .replace(/^mailto:/i, '')
    .toLowerCase();
  const { mail } = context.settings;
  const token = mail?.reply === undefined ? undefined : replyTokenIn(mail.reply, own);
  if (token !== undefined) return recipientOfToken(context, token);
  const found = (await userAt(context, own)) ?? (await userAt(context, own.replace(/\+[^@]*(?=@)/, '')));
  if (found !== undefined) return found;
  const isServers = [mail?.reply, mail?.policy.bounce, mail?.policy.from].some((each) => each?.toLowerCase() === own);
  return { kind: isServers ? 'server' : 'unknown' };
}

async function recipientOfToken(context: CalendarContext, token: string): Promise<MailRecipient> {
  const invitation = await invitationByReplyToken(context, token);
  const principal = invitation && (await getPrincipal(context, invitation.homeId));
  if (invitation === undefined || principal === undefined) return { kind: 'expired' };
  const user = calendarUser(principal);
  const { uid, recipient } = invitation;
  return { kind: 'user', user, address: user.mail ?? `/dav/principals/users/${user.id}/`, token: { uid, recipient } };
}

async function userAt({ store }: CalendarContext, address: string): Promise<MailRecipient | undefined> {
  const uri = `mailto:${address}`;
  const users = knownUsers(store.db);
  await users.lookUp([uri]);
  const user = users.find(uri);
  return user?.hasHome === true ? { kind: 'user', user, address: uri, token: undefined } : undefined;
}

const ANSWERS: ReadonlySet<string> = new Set(['REPLY', 'COUNTER', 'REFRESH']);

/** Whose an answer is that came to the server's own address: of the organizer whom it names. */
export async function organizerOfAnswer(context: CalendarContext, message: ItipMessage): Promise<MailRecipient> {
  if (!ANSWERS.has(message.method)) return { kind: 'unknown' };
  const [first] = messageComponents(message);
  const organizer = first && propertyOf(first, P.ORGANIZER)?.value;
  return organizer === undefined ? { kind: 'unknown' } : mailRecipient(context, organizer);
}
