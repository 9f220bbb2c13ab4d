import { newId } from '../base/ids.ts';
import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { asPlainActor } from '../calendar/acting.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { nameOfUid } from '../calendar/get-objects.ts';
import type { Collection, Principal } from '../calendar/model.ts';
import {
  previewDelete,
  previewPut,
  type ChangePreview,
  type PreviewedMessage,
  type PreviewedRoom,
} from '../calendar/preview-change.ts';
import { readObject } from '../calendar/read-object.ts';
import { requireOption } from './arguments.ts';
import { CommandFailure, UsageError, type Call, type Command } from './command.ts';
import { findCalendar } from './find-calendar.ts';
import { readInput } from './input.ts';
import { answersText, plainAddress, statusText } from './invitation-text.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const invitationPreview: Command = {
  arguments: '[FILE.ics]',
  positionals: [0, 1],
  options: {
    user: { value: 'U', doc: 'who makes the change: an id or address' },
    calendar: { value: 'C', doc: 'the calendar, by the name in its address or its display name' },
    delete: { value: 'NAME.ics', doc: 'of the removal of this, instead of storing FILE.ics' },
    json: { doc: 'as a JSON object' },
  },
  notes: 'Tells who would be sent what, and what rooms would answer. Nothing is stored, and nobody is told.',
  async run(call) {
    const [file] = call.positionals;
    if ((file === undefined) === (call.option('delete') === undefined)) {
      throw new UsageError('give FILE.ics, or --delete NAME.ics');
    }
    const login = requireOption(call, 'user');
    const name = requireOption(call, 'calendar');
    const octets = file === undefined ? undefined : await readInput(call.io, file);
    const preview = await withContext(call, { create: false }, async (context) => {
      const user = await requireUser(context, login);
      const collection = await findCalendar(context, user, name);
      return previewOf(context, call, { user, collection, octets }).catch((error: unknown) => {
        const isRefused = error instanceof Refusal || error instanceof BadRequest || error instanceof ConditionFailed;
        throw isRefused ? new CommandFailure(`this would be refused: ${error.message}`) : error;
      });
    });
    const out = lineWriter(call.io.stdout);
    if (call.has('json')) await out.write(JSON.stringify(preview));
    else for (const line of linesOf(preview)) await out.write(line);
    await out.end();
    return 0;
  },
};

interface Change {
  readonly user: Principal;
  readonly collection: Collection;
  /** undefined: what `--delete` names is removed. */
  readonly octets: Uint8Array | undefined;
}

async function previewOf(
  context: CalendarContext,
  call: Call,
  { user, collection, octets }: Change,
): Promise<ChangePreview> {
  const change = { actor: asPlainActor(user.id), collection, check: () => undefined, unchanged: [] };
  if (octets === undefined) return previewDelete(context, { ...change, name: call.option('delete') ?? '' });
  const { uid } = await readObject(context, collection, octets);
  const name = (await nameOfUid(context, collection, uid)) ?? `${newId()}.ics`;
  return previewPut(context, { ...change, owner: user, name, octets });
}

function linesOf({ messages, rooms }: ChangePreview): readonly string[] {
  const by = (way: PreviewedMessage['by']): readonly PreviewedMessage[] =>
    messages.filter((each) => each.by === way && each.what !== 'undone');
  const [mailed, here, nobody] = [by('mail'), by('calendar'), by('nobody')];
  const undone = messages.filter(({ what }) => what === 'undone');
  const parts = [
    mailed.length === 0 ? 'this will mail nobody' : `this will mail ${people(mailed)}: ${counts(mailed)}`,
    ...(here.length === 0 ? [] : [`${peopleIn(here)} here: ${counts(here)}`]),
    ...(undone.length === 0 ? [] : [`${peopleIn(undone)} will not be told what waited`]),
    ...(nobody.length === 0 ? [] : [`${peopleIn(nobody)} cannot be told`]),
    ...rooms.map(roomText),
  ];
  return [parts.join('; '), ...messages.map(messageLine)];
}

const peopleIn = (messages: readonly PreviewedMessage[]): number =>
  new Set(messages.map((each) => each.recipient)).size;

function people(messages: readonly PreviewedMessage[]): string {
  const count = peopleIn(messages);
  return count === 1 ? '1 person' : `${count} people`;
}

/** `3 cancelled, 9 updated`. */
function counts(messages: readonly PreviewedMessage[]): string {
  const found = Map.groupBy(messages, ({ what }) => (what === 'changed' ? 'updated' : what));
  return [...found].map(([what, all]) => `${all.length} ${what}`).join(', ');
}

const ROOM_WORDS: Readonly<Record<string, string>> = {
  ACCEPTED: 'accepts',
  DECLINED: 'declines',
  TENTATIVE: 'holds it until somebody decides',
  'NEEDS-ACTION': 'does not answer by itself',
};

function roomText({ recipient, name, answers }: PreviewedRoom): string {
  const { '': whole = 'NEEDS-ACTION', ...days } = answers;
  const apart = Object.entries(days).filter(([, answer]) => answer !== whole);
  const more = apart.length === 0 ? '' : ` (but ${answersText(Object.fromEntries(apart))})`;
  return `room ${name ?? plainAddress(recipient)} ${ROOM_WORDS[whole] ?? whole}${more}`;
}

function messageLine({ recipient, what, by, method, instances, status }: PreviewedMessage): string {
  const days = instances.filter((key) => key !== '');
  const of = days.length === 0 ? '' : ` of ${days.join(', ')}`;
  const how =
    what === 'undone' ? 'not told' : by === 'mail' ? 'by mail' : by === 'calendar' ? 'here' : statusText(status);
  return `  ${plainAddress(recipient)}  ${what} (${method}${of}), ${how}`;
}
