import type { CalendarContext } from '../calendar/context.ts';
import {
  homesWithUid,
  invitationRecord,
  type InvitationRecord,
  type MessageRecord,
  type PersonRecord,
} from '../calendar/invitation-record.ts';
import { CommandFailure, type Call } from './command.ts';
import { ADMINISTRATOR } from './command-line.ts';
import { requireUser } from './with-context.ts';

/** Of the user that `--user` names, or else of whoever organizes it. Throws CommandFailure. */
export async function requireRecord(context: CalendarContext, call: Call, uid: string): Promise<InvitationRecord> {
  const login = call.option('user');
  const recordOf = (homeId: string): Promise<InvitationRecord | undefined> =>
    invitationRecord(context, ADMINISTRATOR, { homeId, uid });
  if (login !== undefined) {
    const { id } = await requireUser(context, login);
    const record = await recordOf(id);
    if (record === undefined) throw new CommandFailure(`${id} has, and had, nothing with the UID ${uid}`);
    return record;
  }
  const records: InvitationRecord[] = [];
  for (const homeId of await homesWithUid(context, uid)) {
    const record = await recordOf(homeId);
    if (record !== undefined) records.push(record);
  }
  const [only, ...others] = records;
  if (only === undefined) throw new CommandFailure(`nobody has, or had, anything with the UID ${uid}`);
  if (others.length === 0) return only;
  const [organizer, ...more] = records.filter(({ role }) => role === 'organizer');
  if (organizer !== undefined && more.length === 0) return organizer;
  const names = records.map(({ homeId }) => homeId).join(', ');
  throw new CommandFailure(`several people have the UID ${uid}; --user tells whose is meant: ${names}`);
}

/** SCHEDULE-STATUS in words, RFC 6638 §3.2.9 and RFC 5546 §3.6. */
const STATUSES: Readonly<Record<string, string>> = {
  '1.0': 'on its way',
  '1.1': 'sent',
  '1.2': 'delivered',
  '2.0': 'answered',
  '3.7': 'no such calendar user',
  '3.8': 'may not be invited by this person',
  '5.1': 'could not be delivered',
  '5.2': 'there is no way to deliver',
  '5.3': 'refused',
};

export const statusText = (status: string): string => {
  const words = STATUSES[status.split('.').slice(0, 2).join('.')];
  return words === undefined ? status : `${status} ${words}`;
};

const STATES: Readonly<Record<MessageRecord['state'], string>> = {
  held: 'held',
  queued: 'queued',
  offered: 'being sent',
  sent: 'sent',
  failed: 'failed',
  undone: 'taken back',
};

/** A mail address without its scheme, as people write it. */
export const plainAddress = (address: string): string => address.replace(/^mailto:/i, '');

export const instant = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();

/** An instance as its key has it, or of the whole nothing. */
const onInstances = (instances: readonly string[]): string => {
  const days = instances.filter((key) => key !== '');
  return days.length === 0 ? '' : ` of ${days.join(', ')}`;
};

export function answersText(answers: Readonly<Record<string, string>>): string {
  const { '': whole, ...days } = answers;
  const apart = Object.entries(days).filter(([, answer]) => answer !== whole);
  const parts = [...(whole === undefined ? [] : [whole]), ...apart.map(([day, answer]) => `${answer} on ${day}`)];
  return parts.length > 4 ? `${parts.slice(0, 3).join(', ')}, and ${parts.length - 3} more days` : parts.join(', ');
}

/** One line for a person, then one for each message and each thing that has happened. */
export function personLines(person: PersonRecord): readonly string[] {
  const { address, place, answers, statuses, page, messages, events, isNamed } = person;
  const facts = [
    ...(isNamed ? [] : ['not in it any more']),
    ...(Object.keys(answers).length === 0 ? [] : [answersText(answers)]),
    ...statuses.map(statusText),
    ...(place === 'elsewhere' && messages.some(({ method }) => method === 'REQUEST') ? [`page ${page}`] : []),
  ];
  return [
    `${plainAddress(address)}  (${place})  ${facts.join('; ') || 'not told anything'}`,
    ...messages.map((message) => `  ${messageText(message)}`),
    ...events.map(({ at, what, detail }) => `    ${instant(at)}  ${what.padEnd(13)}  ${detail}`.trimEnd()),
  ];
}

function messageText(message: MessageRecord): string {
  const { method, instances, sequence, resend, state, dueAt, endedAt, outcome } = message;
  const again = resend === 0 ? '' : `, again (${resend})`;
  const when = state === 'held' || state === 'queued' ? ` until ${instant(dueAt)}` : ` ${instant(endedAt) ?? ''}`;
  const said = outcome === undefined ? '' : `: ${outcome}`;
  return `${method}${onInstances(instances)}, sequence ${sequence}${again}: ${STATES[state]}${when.trimEnd()}${said}`;
}

/** The same for programs. */
export const recordJson = (record: InvitationRecord) => ({
  ...record,
  ...{ summary: record.summary ?? null, organizer: record.organizer ?? null },
  people: record.people.map((person) => ({
    ...person,
    name: person.name ?? null,
    messages: person.messages.map((message) => ({
      ...message,
      ...{ createdAt: instant(message.createdAt), dueAt: instant(message.dueAt), endedAt: instant(message.endedAt) },
      outcome: message.outcome ?? null,
    })),
    events: person.events.map(({ at, what, detail, messageId }) => ({
      ...{ at: instant(at), what, detail, message: messageId ?? null },
    })),
  })),
});
