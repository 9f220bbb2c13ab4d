import { hash } from 'node:crypto';
import { type Action, required } from '../action.ts';
import { problem } from '../problem.ts';
import { SYNC_TOKEN, zoneSummaries } from '../zone-data.ts';

/** Longer names there are none. */
const LONGEST_PATTERN = 255;

/** RFC 7808 §5.5: the zones of which the identifier or another name matches. */
export const find: Action = {
  name: 'find',
  template: '/zones{?pattern}',
  parameters: [required('pattern')],
  path: /^\/zones$/,
  when: (query) => query.has('pattern'),
  run({ query }) {
    const [pattern = '', second] = query.getAll('pattern');
    const matches = second === undefined ? matcher(pattern) : undefined;
    if (matches === undefined) return problem('invalid-pattern');
    const timezones = zoneSummaries().filter(({ tzid, aliases = [] }) => matches(tzid) || aliases.some(matches));
    const etag = `${SYNC_TOKEN}-${hash('sha256', pattern, 'hex').slice(0, 16)}`;
    return { body: { synctoken: SYNC_TOKEN, timezones }, etag };
  },
};

/** Underscores as spaces, and ASCII letters without case (RFC 7808 §5.5). */
const folded = (text: string): string => text.replaceAll('_', ' ').replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** What the pattern asks of a name; undefined for one with `*` in its middle, or a lone backslash. */
function matcher(pattern: string): ((name: string) => boolean) | undefined {
  const match = /^(\*?)((?:[^\\*]|\\[\\*])*)(\*?)$/s.exec(pattern);
  if (match === null || pattern === '' || pattern.length > LONGEST_PATTERN) return undefined;
  const text = folded((match[2] ?? '').replace(/\\([\\*])/g, '$1'));
  const [atStart, atEnd] = [match[1] === '', match[3] === ''];
  if (atStart && atEnd) return (name) => folded(name) === text;
  if (atStart) return (name) => folded(name).startsWith(text);
  if (atEnd) return (name) => folded(name).endsWith(text);
  return (name) => folded(name).includes(text);
}
