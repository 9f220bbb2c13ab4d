import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkAddressBook, hasVdirsyncer } from './address-book.ts';
import { kalends, removeDir, ROOT, startServer, temporaryDir } from '../live-server.ts';

const HERE = import.meta.dirname;
const SHARED = resolve(ROOT, '../shared/clients');
const CLIENTS = ['sim-apple', 'sim-davx5', 'tsdav', 'pycaldav'];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: CLIENTS.join(' ') },
    keep: { type: 'boolean', default: false },
    /** A client that is not installed here is reported, not failed. */
    'allow-missing': { type: 'boolean', default: false },
  },
});

/** A check of a client that is known to fail, and why. */
interface Row {
  readonly client: string;
  readonly check: string;
  readonly reason: string;
}

interface Account {
  readonly id: string;
  readonly password: string;
}

async function drive(url: string, out: string): Promise<void> {
  const accounts = JSON.parse(readFileSync(join(HERE, 'accounts.json'), 'utf8')) as {
    readonly users: readonly Account[];
  };
  const [first, second] = accounts.users;
  const child = spawn(
    'bash',
    [
      join(SHARED, 'run-all.sh'),
      ...['--server', url, '--user', first!.id, '--password', first!.password],
      ...['--user2', second!.id, '--password2', second!.password],
      ...['--tsdav', join(ROOT, 'node_modules/tsdav'), '--out', out, '--only', options.only],
    ],
    { stdio: 'inherit' },
  );
  // Its exit code says "something failed"; which, is judged below.
  await once(child, 'exit');
}

/** `FAIL name — note` of a client's log, by name. */
function checksOf(log: string, state: 'FAIL' | 'PASS'): string[] {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith(`${state} `)).map((line) => line.slice(5).split(' — ')[0]!.trim());
}

function judge(out: string): string[] {
  const rows = JSON.parse(readFileSync(join(HERE, 'expected.json'), 'utf8')) as Row[];
  const logs = readdirSync(out).filter((name) => name.endsWith('.log'));
  return options.only.split(' ').flatMap((client) => {
    if (!logs.includes(`${client}.log`)) return options['allow-missing'] ? [] : [`${client} did not run`];
    const log = join(out, `${client}.log`);
    const failed = checksOf(log, 'FAIL');
    const expected = rows.filter((row) => row.client === client).map((row) => row.check);
    if (failed.length + checksOf(log, 'PASS').length === 0) return [`${client} checked nothing`];
    return [
      ...failed.filter((check) => !expected.includes(check)).map((check) => `${client}, not listed: ${check}`),
      ...expected
        .filter((check) => !failed.includes(check))
        .map((check) => `${client}, listed but does not fail: ${check}`),
    ];
  });
}

/** What vdirsyncer (Debian) makes of the directory; it needs nothing of the folder of clients. */
async function addressBook(): Promise<readonly string[]> {
  if (hasVdirsyncer()) return checkAddressBook();
  if (options['allow-missing']) return [];
  return ['vdirsyncer is not installed'];
}

async function main(): Promise<number> {
  if (!existsSync(join(SHARED, 'run-all.sh'))) {
    console.log(`clients: skipped ${CLIENTS.join(', ')}: there is no ${SHARED}`);
    return 0;
  }
  const dataDir = temporaryDir('clients');
  const out = temporaryDir('clients-out');
  try {
    kalends('provision', join(HERE, 'accounts.json'), '--data', dataDir);
    const server = await startServer({ dataDir, args: ['--log-level', 'warn'] });
    await drive(server.url, out).finally(() => server.stop());
    const wrong = [...judge(out), ...(await addressBook())];
    for (const line of wrong) console.log(line);
    console.log(`clients: ${wrong.length} not as expected.json says`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    removeDir(dataDir);
    if (options.keep) console.log(`logs kept in ${out}`);
    else removeDir(out);
  }
}

process.exitCode = await main();
