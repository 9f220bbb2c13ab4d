import { BadRequest, ConditionFailed, Refusal } from '../base/refusal.ts';
import { repairFaulty } from '../calendar/faulty-objects.ts';
import type { Command } from './command.ts';
import { withContext } from './with-context.ts';

/** What says why one of them cannot be repaired, and leaves the others. */
const EXPECTED = [BadRequest, ConditionFailed, Refusal];

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
          const repairs = await repairFaulty(context, id);
          call.io.stdout.write(
            `repaired ${id}: ${repairs.map(({ says }) => says).join('; ') || 'nothing was wrong'}\n`,
          );
        } catch (error) {
          if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
          failed += 1;
          call.io.stderr.write(`${id}: ${error instanceof Error ? error.message : ''}\n`);
        }
      }
      return failed === 0 ? 0 : 1;
    }),
};
