import { getPrincipal } from '../calendar/principals.ts';
import { readProvisionFile } from '../calendar/provision-file.ts';
import { applyPrincipals } from '../calendar/provision.ts';
import type { CalendarContext } from '../calendar/context.ts';
import { BadRequest } from '../base/refusal.ts';
import { defaultCalendars } from '../open-context.ts';
import type { PrincipalSpec } from '../calendar/principal-spec.ts';
import { CommandFailure, type Call, type Command } from './command.ts';
import { newPassword } from './prompt.ts';
import { withContext } from './with-context.ts';

export const userAdd: Command = {
  arguments: 'ID',
  positionals: [1, 1],
  options: {
    name: { value: 'NAME', doc: 'name as others see it (the id)' },
    email: { value: 'ADDRESS', doc: 'e-mail address; several with commas, the preferred one first' },
    timezone: { value: 'ZONE', doc: 'time zone such as Europe/Berlin (that of the server)' },
    admin: { doc: 'may do everything in every calendar' },
    'password-stdin': { doc: 'read the password from stdin, also on a terminal' },
  },
  notes: 'ID is the log-in name and part of the addresses of the calendars. The user gets a calendar and a task list.',
  async run(call) {
    const [id = ''] = call.positionals;
    const spec = { ...specOf(call, id), path: '' };
    await withContext(call, { create: true }, async (context) => {
      await requireFree(context, id);
      const password = await newPassword(call.io, { fromStdin: call.has('password-stdin') });
      const defaults = defaultCalendars(call.config);
      await withoutPath(() => applyPrincipals(context, [{ ...spec, password }], defaults, { onlyNew: true }));
    });
    call.io.stdout.write(`created ${id}\n`);
    return 0;
  },
};

/** Checked as a provisioning file is: the same fields, the same rules. */
function specOf(call: Call, id: string): PrincipalSpec {
  const user = {
    id,
    name: call.option('name') ?? id,
    emails: (call.option('email') ?? '').split(',').flatMap((email) => (email.trim() === '' ? [] : [email.trim()])),
    ...(call.has('admin') && { admin: true }),
    ...(call.option('timezone') !== undefined && { timezone: call.option('timezone') }),
  };
  const [spec] = mended(() => readProvisionFile({ users: [user] }));
  if (spec === undefined) throw new CommandFailure(`${id} cannot be created`);
  return spec;
}

async function requireFree(context: CalendarContext, id: string): Promise<void> {
  const taken = await getPrincipal(context, id);
  if (taken !== undefined) throw new CommandFailure(`there is a ${taken.kind} "${id}" already`);
}

const PATH = /^(users\[0\])?\.?/gm;

/** The person typed options, not a file: problems are told without their place in one. */
function mended<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof BadRequest ? new CommandFailure(error.message.replace(PATH, ''), { cause: error }) : error;
  }
}

async function withoutPath<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return mended(() => {
      throw error;
    });
  }
}
