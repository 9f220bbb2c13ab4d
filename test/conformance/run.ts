import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { kalends, removeDir, ROOT, startServer, temporaryDir } from '../live-server.ts';
import { disagreements, featureDisagreements, outcomes, type Outcome, type Results, type Row } from './compare.ts';

const HERE = import.meta.dirname;
const SHARED = resolve(ROOT, '../shared/conformance');
/** The suites of what the server claims to do today. */
const FILES =
  'propfind,options,put,delete,errors,well-known,current-user-principal,get,reports,mkcalendar,recurrenceput,vtodos,prefer,sync-report,json,timezones,availability,acl,calendaruserproxy,freebusy,webcal,bad-ical,ical-client,default-alarms,sharing-feature,sharing-invites,sharing-replies,sharing-calendars,sharing-multiple,sharing-peruser-data,sharing-unshare,sharing-notification-sync,managed-attachments,managed-attachments-recurrence,implicitscenario1,implicitscenario3,implicitcompatibility,implicitsecurity,implicitsharing,implicitacls,implicitlarge,implicitoptions,implicitpublicproperties,implicitcalendartransp,implicittimezones,implicitcancels,implicitrecur1,implicitreschedule,implicitscheduletag,implicitfreebusy,implicitauto1,implicitauto3,implicitauto5,implicitauto7,implicitauto11,implicitauto12,implicitautopast';
/** They leave messages that others would count, or count those of others: each has a server for itself. */
const ALONE: readonly string[] = ['implicitsharing', 'sharing-notification-sync'];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: FILES },
    verbose: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

const json = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

interface Description {
  readonly features: Readonly<Record<string, boolean>>;
}

async function runSuites(port: number, resultFile: string, files: readonly string[]): Promise<Results['files']> {
  const runner = spawn(
    process.execPath,
    [
      join(SHARED, 'caldavtest.mjs'),
      ...['--scripts', join(SHARED, 'suites/scripts/tests/CalDAV'), '--config', join(HERE, 'serverinfo.json')],
      ...['--port', String(port), '--json', resultFile, '--only', files.join(',')],
      ...(options.verbose ? ['--verbose'] : []),
    ],
    { stdio: 'inherit' },
  );
  const [code] = (await once(runner, 'exit')) as [number | null];
  // 1 is "a test failed", which the comparison judges.
  if (code !== 0 && code !== 1) throw new Error(`The runner ended with ${code}`);
  return json<Results>(resultFile).files;
}

function summary(found: readonly Outcome[]): string {
  const count = (result: Outcome['result']): number => found.filter((outcome) => outcome.result === result).length;
  return `conformance: ${count('passed')} passed, ${count('failed')} failed, ${count('ignored')} ignored`;
}

async function main(): Promise<number> {
  if (!existsSync(join(SHARED, 'caldavtest.mjs'))) {
    console.log(`conformance: skipped ${FILES.replaceAll(',', ', ')}: there is no ${SHARED}`);
    return 0;
  }
  const asked = options.only.split(',');
  const together = asked.filter((file) => !ALONE.includes(file));
  const files: Results['files'][number][] = [];
  for (const some of [together, ...asked.filter((file) => ALONE.includes(file)).map((file) => [file])]) {
    if (some.length > 0) files.push(...(await onOneServer(some)));
  }
  return judge(outcomes({ files }));
}

/** Runs suites one after the other on a server that has the given accounts and nothing else. */
async function onOneServer(files: readonly string[]): Promise<Results['files']> {
  const dataDir = temporaryDir('conformance');
  try {
    const profile = ['--config', join(HERE, 'kalends.json')];
    kalends('provision', join(SHARED, 'accounts.json'), '--data', dataDir, ...profile);
    const server = await startServer({ dataDir, config: join(HERE, 'kalends.json') });
    return await runSuites(server.port, join(dataDir, 'results.json'), files).finally(() => server.stop());
  } finally {
    if (options.keep) console.log(`kept ${dataDir}`);
    else removeDir(dataDir);
  }
}

function judge(found: readonly Outcome[]): number {
  const rows = json<Row[]>(join(HERE, 'expected.json'));
  const files = new Set(found.map((outcome) => outcome.file));
  // A whole run judges every row; a partial one only the rows of its files.
  const ran = (file: string): boolean => options.only === FILES || files.has(file);
  const features = featureDisagreements(
    json<Description>(join(HERE, 'serverinfo.json')).features,
    json<Description>(join(SHARED, 'serverinfo.json')).features,
    rows,
  );
  const wrong = [...features, ...disagreements(found, rows, ran)];
  for (const line of wrong) console.log(line);
  console.log(`${summary(found)}; ${wrong.length} not as expected.json says`);
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();
