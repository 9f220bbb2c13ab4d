import type { Component } from '../ical/component.ts';
import { expandLines } from '../ical/expand-lines.ts';
import { parseCalendars } from '../ical/parse.ts';
import { UTC, zoneByTzid, type Zone } from '../ical/timezone.ts';
import { requireOption } from './arguments.ts';
import { UsageError, type Call, type Command } from './command.ts';
import { readInput } from './input.ts';
import { readPoint } from './instant.ts';
import { lineWriter } from './output.ts';

export const icalExpand: Command = {
  arguments: 'FILE',
  positionals: [1, 1],
  options: {
    from: { value: 'T', doc: 'start of the range: 2026-03-01 or 2026-03-01T09:00:00+01:00' },
    to: { value: 'T', doc: 'end of the range, which is outside of it' },
    tz: { value: 'ZONE', doc: 'show every time in this zone, floating ones too' },
    limit: { value: 'N', doc: 'stop after N instances' },
  },
  notes:
    'FILE is an iCalendar file, - is stdin. Prints one JSON object a line for each instance, in the order of start.\n' +
    'A date as T is midnight in the zone of --tz, else in UTC. What cannot be read is told on stderr.',
  async run(call) {
    const options = readOptions(call);
    const calendar = await readCalendar(call);
    const out = lineWriter(call.io.stdout);
    let left = options.limit;
    for (const instance of expandLines(calendar, { ...options, onProblem: (message) => problem(call, message) })) {
      if (left-- <= 0) break;
      await out.write(JSON.stringify(instance));
    }
    await out.end();
    return 0;
  },
};

interface ExpandRange {
  readonly from: number;
  readonly to: number;
  readonly displayZone: Zone | undefined;
  readonly limit: number;
}

function readOptions(call: Call): ExpandRange {
  const displayZone = zoneOption(call);
  const at = (option: string): number => {
    const point = readPoint(requireOption(call, option), option);
    return point.kind === 'instant' ? point.instant : (displayZone ?? UTC).toUtc(point.wall);
  };
  const [from, to] = [at('from'), at('to')];
  if (to < from) throw new UsageError('--to is before --from');
  return { from, to, displayZone, limit: limitOption(call) };
}

function zoneOption(call: Call): Zone | undefined {
  const name = call.option('tz');
  if (name === undefined) return undefined;
  const zone = zoneByTzid(name);
  if (zone === undefined) throw new UsageError(`--tz: there is no time zone "${name}"`);
  return zone;
}

function limitOption(call: Call): number {
  const text = call.option('limit');
  if (text === undefined) return Infinity;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--limit: expected a whole number, got "${text}"`);
  return Number(text);
}

/** One calendar with all that the file holds: an iCalendar stream may hold several (RFC 5545 §3.4). */
async function readCalendar(call: Call): Promise<Component> {
  const { calendars, problems } = parseCalendars(await readInput(call.io, call.positionals[0] ?? '-'));
  for (const { line, message } of problems) problem(call, `line ${line}: ${message}`);
  if (calendars.length === 0) problem(call, 'there is no VCALENDAR');
  return {
    name: 'VCALENDAR',
    properties: calendars[0]?.properties ?? [],
    components: calendars.flatMap(({ components }) => components),
    line: calendars[0]?.line ?? 1,
  };
}

function problem({ io, positionals }: Call, message: string): void {
  io.stderr.write(`${positionals[0] === '-' ? 'stdin' : positionals[0]}: ${message}\n`);
}
