import { readProvisionFile } from '../calendar/provision-file.ts';
import { applyPrincipals } from '../calendar/provision.ts';
import { defaultCalendars } from '../open-context.ts';
import { CommandFailure, type Command } from './command.ts';
import { readInput } from './input.ts';
import { withContext } from './with-context.ts';

export const provision: Command = {
  arguments: 'FILE.json',
  positionals: [1, 1],
  options: {},
  notes:
    'FILE.json holds users, groups, rooms and resources; - is stdin. All of it is applied, or nothing. What the file\n' +
    'does not name stays as it is; a list that it names (addresses, members, delegates) becomes just that list.',
  async run(call) {
    const [file = ''] = call.positionals;
    const specs = readProvisionFile(parseJson(file, await readInput(call.io, file)));
    const outcomes = await withContext(call, { create: true }, (context) =>
      applyPrincipals(context, specs, defaultCalendars(call.config)),
    );
    const count = (wanted: string): number => outcomes.filter(({ outcome }) => outcome === wanted).length;
    const [created, updated, unchanged] = ['created', 'updated', 'unchanged'].map(count);
    call.io.stdout.write(`created ${created}, updated ${updated}, unchanged ${unchanged}\n`);
    return 0;
  },
};

function parseJson(file: string, octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not UTF-8';
    throw new CommandFailure(`${file} is not JSON: ${reason}`, { cause });
  }
}
