import { listTray, type TrayItem } from '../calendar/tray.ts';
import { trustedSenders } from '../calendar/trusted-senders.ts';
import { summaryOf } from '../calendar/tray-match.ts';
import type { Command } from './command.ts';
import { lineWriter } from './output.ts';
import { requireUser, withContext } from './with-context.ts';

export const trayList: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    user: { value: 'U', doc: 'only what came for them, and whom they trust: an id or address' },
    all: { doc: 'also what was accepted or refused before' },
    json: { doc: 'one JSON object a line' },
  },
  notes:
    'Messages of which nobody can tell who has sent them wait here, outside the calendar; what was refused is listed with its reason.',
  async run(call) {
    const login = call.option('user');
    await withContext(call, { create: false }, async (context) => {
      const homeId = login === undefined ? undefined : (await requireUser(context, login)).id;
      const out = lineWriter(call.io.stdout);
      for (const item of await listTray(context, { homeId, all: call.has('all') })) {
        await out.write(call.has('json') ? jsonOf(item) : textOf(item));
      }
      if (homeId !== undefined && !call.has('json')) {
        for (const sender of await trustedSenders(context, homeId)) await out.write(`trusted: ${sender}`);
      }
      await out.end();
    });
    return 0;
  },
};

const iso = (at: number): string => new Date(at).toISOString();

function jsonOf(item: TrayItem): string {
  const { id, homeId: user, uid, method, sender, sentAs, state, reason, verdict } = item;
  const { result, by = null } = verdict;
  const received = iso(item.receivedAt);
  const summary = summaryOf(item) ?? null;
  return JSON.stringify({
    id,
    user,
    received,
    state,
    method,
    uid,
    summary,
    sender,
    sentAs,
    verdict: result,
    by,
    reason,
  });
}

function textOf(item: TrayItem): string {
  const { id, homeId, method, sender, sentAs, state, reason, receivedAt } = item;
  const who = sender === '' ? 'nobody' : sender;
  const what = `${method} "${summaryOf(item) ?? item.uid}"`;
  return onOneLine(`${id}  ${iso(receivedAt)}  ${homeId}  ${state}  ${what}  from ${who} as ${sentAs}: ${reason}`);
}

/** What strangers have written moves no cursor and makes no line of its own. */
const onOneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
