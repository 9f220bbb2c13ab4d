import { readdirSync, readFileSync } from 'node:fs';

/**
 * Scenario files: one dialogue of several people each, `test/fixtures/itip/*.scenario`, picked up by their suffix. They say
 * what people do and what becomes of it, and nothing of how a server does that: the same files run against the pure functions
 * and against a server.
 *
 * Lines before the first step are the title, each after `# `. A step is a line `== WORD ARGUMENTS` and the lines below it up to
 * the next step (its body); empty lines and lines that begin with `# ` say nothing. Names of people are words; `alice` has
 * the address `mailto:alice@example.com` unless `people` says otherwise. OBJECT is the UID. AT is a RECURRENCE-ID value,
 * `20260302T090000Z` or `20260302`. Every action takes place a minute after the one before, the first at
 * 2026-01-01T00:00:00Z.
 *
 * Actions:
 *   people NAME=ADDRESS[,ADDRESS] …     the addresses of a person of this server
 *   outside NAME=ADDRESS …              somebody elsewhere: what is sent to him is counted and goes nowhere
 *   option server                       the scenario is about what only a server does, as SCHEDULE-STATUS of deliveries
 *   put WHO OBJECT [merge]              saves the components of the body; `merge`: with If-Schedule-Tag-Match, and has not
 *                                       seen the last answers. DTSTAMP and UID are added where they are missing
 *   change WHO OBJECT [at AT]           saves the object as it is, but for the body: `NAME…:VALUE` in the place of the
 *                                       properties of this name (ATTENDEE: of this address), `+NAME…:VALUE` beside them,
 *                                       `-NAME` without them, `-NAME:VALUE` without the one; components are added. At an
 *                                       instance that has no component of its own, one is made
 *   drop WHO OBJECT at AT               saves the object without the component of that instance, and says nothing else
 *   reply WHO OBJECT PARTSTAT [at AT]   saves the object with this answer of his
 *   delete WHO OBJECT [silent]          deletes it; `silent`: Schedule-Reply: F
 *   send METHOD WHO -> WHO[, WHO]       a message as it comes from outside, with the components of the body
 *
 * What only a server can do; the pure functions know of none of this, and leave out a scenario that has such a step:
 *   put | change | reply | delete … by WHO   another than whose object it is writes: at a share of the calendar where there is
 *                                       one, else in the home itself
 *   put … in NAME                       a new object in that calendar
 *   group NAME -> WHO, WHO              they are the members of a group from now on, and its meetings follow it
 *   room NAME [MODE]                    a room, with its mode of answering
 *   look WHO OBJECT                     reads it: a later `merge` is of what he has seen now, that of `delete`, too
 *   calendar WHO NAME | remove-calendar WHO NAME
 *   move | copy WHO OBJECT -> NAME [of WHO] [by WHO]   to another calendar, or to one of another person
 *   share WHO [ACCESS] -> WHO, WHO      shares the calendar; ACCESS as in the store, `read-write` by default
 *   delegate WHO -> WHO, WHO            they may act for him in all
 *   import WHO OBJECT [in NAME]         stores the components of the body as the import of a file does
 *   restore WHO OBJECT                  takes it from the trash
 *   dismiss WHO METHOD                  removes a message of this method from the inbox
 *   remove-person WHO                   removes the account with all that is in it
 *   ask-busy WHO -> WHO, WHO            asks at the outbox for the busy time in the body, a VFREEBUSY without people
 *
 * Expectations, each of the last action:
 *   expect-message METHOD WHO -> WHO[, WHO] [quiet|noted|unseen] [components=N] [at AT]
 *                                       a message to each of them; the body is a part of what it says. All messages of an
 *                                       action have to be expected; an action without any says that nothing is sent.
 *                                       `quiet`: it brings a copy up to date that is not, and nobody is told. `noted`: people
 *                                       of this server have it in their inboxes beside the one that tells it, and nobody
 *                                       gets a mail. `unseen`: it does nothing at who receives it, and leaves no trace
 *   expect-object WHO OBJECT [at AT] [components=N]
 *                                       the object holds the lines of the body, in its master or only component, or in that
 *                                       of the instance; BEGIN to END is a component in it
 *   expect-no-object WHO OBJECT
 *   expect-refused CODE                 the precondition, or the status where it is none; nothing is written, nothing sent
 *   expect-busy WHO STATUS              how the busy time of this person was answered; the body is a part of it
 *   expect-outcome WHO OUTCOME [to-read] what became of a message that was sent; `to-read`: it changes nothing, and is for who
 *                                       receives it to decide
 *
 * Over the pure functions a message is what they return, and is applied at once, in the order of sending. On a server it is
 * what people can see of it: a new item in the inbox, or a row in the queue of what is to be mailed; of a `quiet` one, that
 * the copy has changed and there is neither. Nobody's copy changes but that of who acts, of who got a message, and of who
 * is expected to be told quietly. The lines of a quiet message are looked for in the copy, and `components=N` says nothing
 * of it there. What is refused writes and sends nothing at all.
 *
 * An expected content line is there when a property has its name, its value and at least its parameters, in any order;
 * `!NAME` and `!NAME…:VALUE`: there is none. Times are compared as instants. DTSTAMP is what it is.
 */
export interface Step {
  readonly word: string;
  /** What stands behind the word. */
  readonly args: readonly string[];
  readonly body: readonly string[];
  /** file:line of the step. */
  readonly at: string;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

const FOLDER = new URL('../fixtures/itip/', import.meta.url);

/** All scenario files. */
export function scenarios(): readonly Scenario[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.scenario'));
  return files.sort().map((name) => parseScenario(name, readFileSync(new URL(name, FOLDER), 'utf8')));
}

export function parseScenario(name: string, text: string): Scenario {
  const steps: { word: string; args: string[]; body: string[]; at: string }[] = [];
  const title: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.startsWith('# ')) {
      if (steps.length === 0) title.push(line.slice(2));
    } else if (line.startsWith('== ')) {
      const [word = '', ...args] = line
        .slice(3)
        .trim()
        .split(/[\s,]+/);
      steps.push({ word, args, body: [], at: `${name}:${index + 1}` });
    } else if (line.trim() !== '') {
      const step = steps.at(-1);
      if (step === undefined) throw new Error(`${name}:${index + 1}: a line before the first step`);
      step.body.push(line);
    }
  }
  return { name, title: title.join(' '), steps };
}

/** An argument `at AT` or `components=N` among others. */
export function option(step: Step, name: string): string | undefined {
  const at = step.args.indexOf(name);
  if (at >= 0) return step.args[at + 1];
  return step.args.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

export const hasWord = (step: Step, word: string): boolean => step.args.includes(word);

const SERVER_WORDS: ReadonlySet<string> = new Set([
  ...['look', 'calendar', 'remove-calendar', 'move', 'copy', 'share', 'delegate', 'import', 'restore', 'dismiss'],
  ...['remove-person', 'ask-busy', 'group', 'room'],
]);

/** Whether a scenario has steps that the pure functions know nothing of. */
export const isOfServer = ({ steps }: Scenario): boolean =>
  steps.some((step) => SERVER_WORDS.has(step.word) || ['by', 'in', 'server'].some((word) => hasWord(step, word)));

/** How a message is expected, beside whose it is. */
export const MESSAGE_WORDS = ['quiet', 'noted', 'unseen'] as const;

/** `METHOD alice -> bob, carol`. */
export function envelope(step: Step): { method: string; from: string; to: readonly string[] } {
  const [method = '', from = '', arrow, ...rest] = step.args;
  if (arrow !== '->') throw new Error(`${step.at}: METHOD WHO -> WHO`);
  const end = rest.indexOf('at');
  const names = end < 0 ? rest : rest.slice(0, end);
  const words: readonly string[] = ['', ...MESSAGE_WORDS];
  const to = names.filter((each) => !words.includes(each) && !each.includes('='));
  return { method, from, to };
}

/** Who is introduced by `people` and `outside`, with their addresses. */
export function introduced(step: Step): ReadonlyMap<string, readonly string[]> {
  let last = '';
  const addresses = new Map<string, string[]>();
  for (const each of step.args) {
    const [name, address] = each.includes('=') ? (each.split('=') as [string, string]) : [last, each];
    last = name;
    addresses.set(name, [...(addresses.get(name) ?? []), address]);
  }
  return addresses;
}
