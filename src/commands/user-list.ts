import { principalsOf } from '../calendar/principals.ts';
import type { Principal } from '../calendar/model.ts';
import type { Command } from './command.ts';
import { lineWriter } from './output.ts';
import { withContext } from './with-context.ts';

export const userList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: { json: { doc: 'one JSON object a line' } },
  async run(call) {
    const users = await withContext(call, { create: false }, (context) => principalsOf(context, 'user'));
    const lines = call.has('json') ? users.map(jsonOf) : tableOf(users);
    const out = lineWriter(call.io.stdout);
    for (const line of lines) await out.write(line);
    await out.end();
    return 0;
  },
};

function jsonOf({ id, guid, name, emails, admin, adminReadOnly, timezone }: Principal): string {
  return JSON.stringify({ id, guid, name, emails, admin, adminReadOnly, timezone: timezone ?? null });
}

function tableOf(users: readonly Principal[]): readonly string[] {
  const rows = users.map(({ id, name, emails, admin, adminReadOnly, timezone }) => [
    id,
    name,
    emails.join(', '),
    admin ? 'admin' : adminReadOnly ? 'admin, reads only' : '',
    timezone ?? '',
  ]);
  const all = [['ID', 'NAME', 'ADDRESSES', 'ROLE', 'TIME ZONE'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
