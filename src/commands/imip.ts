import { pino } from 'pino';
import { mailTaker } from '../mail-taker.ts';
import { PIPED, takePiped } from '../mail/sources/pipe.ts';
import type { Call, Command, Io } from './command.ts';
import { withContext } from './with-context.ts';

export const imip: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    to: {
      value: 'ADDRESS',
      doc: 'recipient of the envelope, several with commas; unset: RECIPIENT, else as the mail says',
    },
    from: { value: 'ADDRESS', doc: 'sender of the envelope; unset: SENDER, else as the mail says' },
  },
  notes:
    'Reads one mail from stdin, as a mail server writes it into a pipe, beside a server that may be running.\n' +
    'Exit code 0: dealt with, or kept for a person; 75: to be tried again (whatever went wrong here); 67: nobody here\n' +
    'has this address; 65: there is no mail.',
  async run(call) {
    const { io } = call;
    try {
      return await take(call);
    } catch (error) {
      // A mail server bounces for any other code: the mail of others is not lost by a mistake that is made here.
      const lines = (error instanceof Error ? error.message : String(error)).split('\n');
      io.stderr.write(lines.map((line) => `kalends: ${line}\n`).join(''));
      return PIPED.later;
    }
  },
};

async function take(call: Call): Promise<number> {
  const { config, io } = call;
  const log = pino({ level: config.logLevel === 'silent' ? 'silent' : 'warn', base: null }, pino.destination(2));
  const octets = await readBounded(io, config.limits.inboundMailOctets);
  const mail = { octets, from: call.option('from') ?? io.env.SENDER, to: recipients(call) };
  return withContext(call, { create: false }, (context) =>
    takePiped(mail, { ...mailTaker(config, context, log), limits: config.limits }),
  );
}

function recipients(call: Call): readonly string[] {
  const given = call.option('to') ?? call.io.env.RECIPIENT ?? '';
  return given
    .split(',')
    .map((address) => address.trim().replace(/^<(.*)>$/, '$1'))
    .filter((address) => address !== '');
}

/** One octet more than may be: so it is seen that there are too many. The rest is read, so that nobody writes into nothing. */
async function readBounded({ stdin }: Io, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Octets are what a stream without an encoding gives.
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    if (length <= most) chunks.push(chunk.subarray(0, most + 1 - length));
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}
