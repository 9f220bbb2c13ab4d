import { INBOUND_STATES, inboundMails, type InboundHead } from '../calendar/inbound-mails.ts';
import { UsageError, type Command } from './command.ts';
import { lineWriter } from './output.ts';
import { withContext } from './with-context.ts';

export const mailList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    state: { value: 'STATE', doc: `only these: ${INBOUND_STATES.join(', ')}; unset: unread and refused` },
    all: { doc: 'every mail that came in' },
    json: { doc: 'one JSON object a line' },
  },
  notes:
    'Mails that came in, the newest first, each with what became of it. Those that are kept can be written out by\n' +
    '`mail show`, and read again by `mail retry`.',
  async run(call) {
    const state = INBOUND_STATES.find((each) => each === call.option('state'));
    if (call.option('state') !== undefined && state === undefined) {
      throw new UsageError(`--state is one of ${INBOUND_STATES.join(', ')}`);
    }
    const states = state !== undefined ? [state] : call.has('all') ? undefined : (['unread', 'refused'] as const);
    await withContext(call, { create: false }, async (context) => {
      const out = lineWriter(call.io.stdout);
      for await (const mail of inboundMails(context, { states })) {
        await out.write(call.has('json') ? jsonOf(mail) : textOf(mail));
      }
      await out.end();
    });
    return 0;
  },
};

function jsonOf({ key: _, digest: _digest, receivedAt, ...mail }: InboundHead): string {
  return JSON.stringify({ ...mail, receivedAt: new Date(receivedAt).toISOString() });
}

function textOf({ id, receivedAt, state, envelopeFrom, envelopeTo, reason, isKept }: InboundHead): string {
  const from = envelopeFrom === '' ? '<>' : envelopeFrom;
  const head = `${id}  ${new Date(receivedAt).toISOString()}  ${state}${isKept ? '' : ' (not kept)'}  ${from} -> ${envelopeTo}`;
  return `${plain(head)}\n    ${plain(reason)}`;
}

/** Text of strangers on a terminal. */
const plain = (text: string): string => text.replace(/\p{C}+/gu, ' ');
