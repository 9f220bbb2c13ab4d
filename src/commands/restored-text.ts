import type { Restored } from '../calendar/restore-members.ts';
import type { Io } from './command.ts';

/** Says what a restore did; the exit code: 1 where something was left. */
export function restoredText({ stdout, stderr }: Io, { restored, removed, left }: Restored): number {
  stdout.write(`restored ${restored.length} objects, ${removed.length} went to the trash\n`);
  for (const { name, reason } of left) stderr.write(`${name}: ${reason}\n`);
  return left.length === 0 ? 0 : 1;
}
