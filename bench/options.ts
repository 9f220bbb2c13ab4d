import { parseArgs } from 'node:util';
import { type Effort, FULL, SHORT } from './measure.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000,10000' },
    short: { type: 'boolean', default: false },
    /** Where to write the figures. */
    json: { type: 'string' },
    /** Where to write the tables of docs/performance.md. */
    markdown: { type: 'string' },
    /** Writes these tables into docs/performance.md itself, between their markers. */
    docs: { type: 'boolean', default: false },
    /** Figures of an earlier run to print beside these. */
    compare: { type: 'string' },
    /** A part of the names of the scenarios to run. */
    only: { type: 'string', default: '' },
    /** Other servers to ask the same, by the names of their Debian packages. */
    peers: { type: 'string' },
    /** About calendars of so many events: some of them take a second and more for one answer about 10,000. */
    'peer-events': { type: 'string', default: '1000' },
    /** An empty PostgreSQL database, by its URL: for those with room for thousands of events. */
    database: { type: 'string' },
    /** Only the figures of the iCalendar engine, without a server. */
    engine: { type: 'boolean', default: false },
  },
});

/** What `npm run bench` was asked for. */
export const options = values;
const sizesOf = (events: string): readonly number[] => events.split(',').map(Number);
export const SIZES = sizesOf(values.events);
export const PEER_SIZES = sizesOf(values['peer-events']);
export const EFFORT: Effort = values.short ? SHORT : FULL;
/** Arguments of `serve` and `provision` for the database. */
export const DATABASE: readonly string[] = values.database === undefined ? [] : ['--database', values.database];
