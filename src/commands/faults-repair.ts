import { BadRequest, Refusal } from '../base/refusal.ts';
import { repairSetAside } from '../calendar/set-aside.ts';
import type { Command } from './command.ts';
import { withContext } from './with-context.ts';

export const faultsRepair: Command = {
  arguments: 'ID…',
  positionals: [1, Infinity],
  options: {},
  notes: '`faults list` tells what each repair does. Exit code 1 where one could not be done.',
  run: (call) =>
    withContext(call, { create: false }, async (context) => {
      let failed = 0;
      for (const id of call.positionals) {
        try {
          const repairs = await repairSetAside(context, id);
          call.io.stdout.write(
            `repaired ${id}: ${repairs.map(({ says }) => says).join('; ') || 'nothing was wrong'}\n`,
          );
        } catch (error) {
          if (!(error instanceof BadRequest) && !(error instanceof Refusal)) throw error;
          failed += 1;
          call.io.stderr.write(`${id}: ${error.message}\n`);
        }
      }
      return failed === 0 ? 0 : 1;
    }),
};
