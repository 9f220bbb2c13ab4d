import { auditLog, type AuditLine } from '../calendar/audit.ts';
import { createDeviceNames, type DeviceNames } from '../calendar/device-names.ts';
import type { Command } from './command.ts';
import { ADMINISTRATOR, authorJson, authorText, instantOf } from './command-line.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const auditList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'only what happened in their calendars, or was done by them: an id or address (all)' },
    since: { value: 'TIME', doc: 'from a date (2026-03-01) or a time on (all that is kept)' },
    json: { doc: 'one JSON object a line' },
  },
  notes: 'Ids and names of properties, never their values: `history list` tells those of one object.',
  async run(call) {
    const [login, text] = [call.option('user'), call.option('since')];
    const since = text === undefined ? 0 : instantOf(call, text, 'since');
    await withContext(call, { create: false }, async (context) => {
      const homeId = login === undefined ? undefined : (await requireUser(context, login)).id;
      const names = createDeviceNames(context);
      const out = lineWriter(call.io.stdout);
      for await (const line of auditLog(context, { actor: ADMINISTRATOR, homeId, since })) {
        await out.write(call.has('json') ? jsonOf(line) : await textOf(line, names));
      }
      await out.end();
    });
    return 0;
  },
};

function jsonOf({ at, act, by, homeId, subject, detail }: AuditLine): string {
  const what = { at: new Date(at).toISOString(), act, user: homeId ?? null, subject: subject ?? null, detail };
  return JSON.stringify({ ...what, ...authorJson(by) });
}

async function textOf({ at, act, by, homeId, detail }: AuditLine, names: DeviceNames): Promise<string> {
  const told = Object.entries(detail).map(([name, value]) => `${name}=${[value].flat().join(',')}`);
  const fields = [new Date(at).toISOString(), act, homeId ?? '-', ...told, await authorText(by, names)];
  return fields.join('  ');
}
