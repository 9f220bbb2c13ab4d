import type { RepairRule } from './repair-rule.ts';
import { breakOf, type SourceLines } from './source-lines.ts';
import { propertyRule } from './names.ts';
import { parseComponent } from './parse.ts';
import type { Property } from './component.ts';
import { isReadable, readRule } from './validate.ts';
import { foldLine, writeProperty } from './write.ts';

type Edit = RepairRule['edit'];

const LF = 10;
const NOTHING = new Uint8Array(0);

/** The property of a content line; undefined where it is none. */
function propertyAt(lines: SourceLines, line: number): Property | undefined {
  const octets = lines.at(line);
  if (octets === undefined) return undefined;
  try {
    return parseComponent(Buffer.concat([Buffer.from('BEGIN:X\r\n'), octets, Buffer.from('\r\nEND:X\r\n')]))
      .properties[0];
  } catch {
    return undefined;
  }
}

/** Leaves a property out whose value says nothing that can be read. */
const leaveOut =
  (why: (property: string) => string): Edit =>
  (lines, { line, property }) => {
    lines.replace(line, NOTHING);
    return { says: why(property), safe: false };
  };

/** Writes another value into a line; undefined where it would not be readable either. */
function rewrite(lines: SourceLines, line: number, value: string): boolean {
  const property = propertyAt(lines, line);
  if (property === undefined || value === property.value || !isReadable({ ...property, value })) return false;
  const end = breakOf(lines.at(line) ?? Buffer.alloc(0));
  lines.replace(line, Buffer.from(writeProperty({ ...property, value }).replace(/\r?\n$/, end)));
  return true;
}

/** `2026-01-05T09:00:00Z`: the same instant in the form that RFC 5545 §3.3.5 wants. */
const basicForm = (value: string): string =>
  value
    .replace(/(\d{4})-(\d\d)-(\d\d)/g, '$1$2$3')
    .replace(/(\d{8})[T ](\d\d):(\d\d)(?=Z|$|[,/;])/g, '$1T$2$300')
    .replace(/(\d{8})[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?/g, '$1T$2$3$4');

const TIMES = ['DTSTART', 'DTEND', 'DUE', 'RECURRENCE-ID', 'EXDATE', 'RDATE', 'RRULE'];

const toBasicForm: Edit = (lines, { line, property }) =>
  rewrite(lines, line, basicForm(propertyAt(lines, line)?.value ?? ''))
    ? { says: `${property} is written as RFC 5545 has it, without hyphens and colons`, safe: true }
    : undefined;

/** Of a list of times, those that can be read. */
const readableTimes: Edit = (lines, { line, property }) => {
  const found = propertyAt(lines, line);
  if (found === undefined) return undefined;
  const kept = found.value.split(',').filter((value) => isReadable({ ...found, value }));
  if (kept.length === 0 || !rewrite(lines, line, kept.join())) return undefined;
  return { says: `of ${property}, the values that can be read are kept`, safe: false };
};

/** `INTERVAL=0` and its like: the rule without the part that means nothing, where the rest is one. */
const ruleWithout =
  (part: RegExp, says: string): Edit =>
  (lines, { line }) => {
    const value = propertyAt(lines, line)?.value ?? '';
    const rest = value
      .split(';')
      .filter((each) => !part.test(each))
      .join(';');
    return !('fault' in readRule(rest)) && rewrite(lines, line, rest) ? { says, safe: false } : undefined;
  };

const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

const withoutControls: Edit = (lines, { line }) => {
  const text = lines.at(line)?.toString('latin1') ?? '';
  lines.replace(line, Buffer.from(text.replace(CONTROLS, ''), 'latin1'));
  return { says: 'control characters, which no program shows, are left out', safe: true };
};

/** Old programs on Windows wrote what their screen showed. Only the line that is not UTF-8 is read so. */
const fromWindows1252: Edit = (lines, { line }) => {
  const octets = lines.at(line);
  if (octets === undefined) return undefined;
  lines.replace(line, Buffer.from(new TextDecoder('windows-1252').decode(octets)));
  return { says: 'text that is not UTF-8 is read as Windows-1252', safe: true };
};

/** A text of several lines whose writer did not fold it: the line belongs to the text before it. */
const asContinuation: Edit = (lines, { line }) => {
  const [before, stray] = [lines.before(line), lines.at(line)];
  const name = /^[A-Za-z0-9-]+/.exec(before?.toString('latin1') ?? '')?.[0]?.toUpperCase() ?? '';
  if (before === undefined || stray === undefined || !isText(name)) return undefined;
  const text = stray
    .toString('utf8')
    .replace(/\r?\n$/, '')
    .replaceAll('\\', '\\\\')
    .replace(/[,;]/g, '\\$&');
  const end = breakOf(before) || '\r\n';
  const folded = foldLine(` \\n${text}`)
    .replace(/\r?\n$/, '')
    .replaceAll('\r\n', end);
  lines.replace(line, Buffer.from(`${folded}${end}`));
  return { says: `a line that is no property is read as part of the ${name} before it`, safe: true };
};

const isText = (name: string): boolean => name.startsWith('X-') || propertyRule(name)?.types[0] === 'TEXT';

/** A file that was cut: what is open is closed. */
const closeAll: Edit = (lines) => {
  const open: string[] = [];
  for (const [, verb, name = ''] of Buffer.from(lines.octets())
    .toString('latin1')
    .matchAll(/^(BEGIN|END):([A-Za-z0-9-]+)[ \t]*$/gim)) {
    if (verb?.toUpperCase() === 'BEGIN') open.push(name);
    else if (open.at(-1)?.toUpperCase() === name.toUpperCase()) open.pop();
    else return undefined;
  }
  if (open.length === 0) return undefined;
  const ends = open.reverse().map((name) => `END:${name}\r\n`);
  const isBroken = lines.octets().at(-1) === LF;
  lines.append(Buffer.from(`${isBroken ? '' : '\r\n'}${ends.join('')}`));
  return { says: 'the end is missing: what was there is kept', safe: false };
};

/**
 * The repairs that are known, the mildest of each fault first. One that is safe loses nothing and guesses nothing; the
 * others are for a person to agree to.
 */
export const REPAIRS: readonly RepairRule[] = [
  { rule: 'control', edit: withoutControls },
  { rule: 'utf-8', edit: fromWindows1252 },
  { rule: 'colon', edit: asContinuation },
  { rule: 'colon', edit: leaveOut(() => 'a line that is no property is left out') },
  { rule: 'name', edit: leaveOut(() => 'a line without a property name is left out') },
  { rule: 'param', edit: leaveOut(() => 'a line whose parameters cannot be read is left out') },
  { rule: 'nesting', edit: closeAll },
  { rule: 'value', properties: TIMES, edit: toBasicForm },
  { rule: 'value', properties: ['EXDATE', 'RDATE'], edit: readableTimes },
  {
    rule: 'value',
    properties: ['DTEND', 'DUE', 'DURATION', 'EXDATE', 'RDATE', 'FREEBUSY'],
    edit: leaveOut((property) => `${property}, which cannot be read, is left out`),
  },
  { rule: 'recur', edit: toBasicForm },
  { rule: 'recur', edit: ruleWithout(/^INTERVAL=0*$/i, 'INTERVAL=0 is read as every one') },
  { rule: 'recur', edit: leaveOut(() => 'the rule cannot be read: only the first instance is kept') },
  { rule: 'never', edit: leaveOut(() => 'the rule can never match: only the first instance is kept') },
  {
    rule: 'either',
    properties: ['DURATION'],
    edit: leaveOut(() => 'of an end and a DURATION, the end is kept'),
  },
  { rule: 'once', edit: leaveOut((property) => `of several ${property}, the first is kept`) },
];
