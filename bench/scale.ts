import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../test/live-server.ts';
import type { Growth } from './growth-report.ts';
import { scaleTable, DEMAND } from './scale-table.ts';

/** Nodes and storage for the second scale of the requirements, from the rates that `bench/growth.ts` has measured. */
const { values: options } = parseArgs({
  options: {
    json: { type: 'string', default: join(ROOT, 'docs/performance/growth.json') },
    cores: { type: 'string', default: '8' },
    /** Share of a core that is used in the busiest minute: the rest is for peaks within it, and for a node that fails. */
    load: { type: 'string', default: '0.5' },
  },
});

const { rates } = JSON.parse(readFileSync(options.json, 'utf8')) as Growth;
if (rates === undefined) throw new Error(`${options.json} has no rates: run bench/growth.ts with --users`);
console.log(scaleTable(rates, DEMAND, { cores: Number(options.cores), load: Number(options.load) }));
