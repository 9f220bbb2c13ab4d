import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { removeDir, ROOT, temporaryDir } from '../live-server.ts';
import { startDovecot, type Dovecot } from './dovecot.ts';
import { freePorts } from './free-port.ts';
import { openGuest, type Guest, type Received, valueOf } from './mailbox.ts';
import { startPostfix } from './postfix.ts';
import { startSite, type Site } from './site.ts';
import { until } from './until.ts';
import { GUESTS, MAILBOX, PIPE_UID, WAYS, type Way } from './ways.ts';

const { values: options } = parseArgs({
  options: {
    /** Ways, with commas between them. */
    only: { type: 'string', default: WAYS.map(({ name }) => name).join(',') },
    keep: { type: 'boolean', default: false },
    /** Says what is missing on this machine and ends well, instead of failing. */
    'allow-missing': { type: 'boolean', default: false },
  },
});

const ORGANIZER = 'anna@example.org';
const BOB = `bob@${GUESTS}`;
const NOBODY = `nobody@${GUESTS}`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function check(what: string, isSo: boolean, told = ''): void {
  if (!isSo) throw new Error(`${what}: not so\n${told}`);
  say(`  ok  ${what}`);
}

/** The organizer's copy says so of the guest. */
const said = (site: Site, uid: string, guest: string, what: RegExp): Promise<string> =>
  until(`${what} of ${guest} in the organizer's copy`, async () => {
    const line = await site.attendee(uid, guest);
    return line !== undefined && what.test(line) ? line : undefined;
  });

async function meeting(site: Site, bob: Guest): Promise<number> {
  const uid = `meeting-${process.pid}-${Math.floor(performance.now())}`;
  /** Milliseconds from the moment in which the mail server has the answer until the organizer's copy says it. */
  const answered = async (mail: Received, partstat: string): Promise<number> => {
    const from = await bob.answer(mail, partstat);
    await said(site, uid, BOB, new RegExp(`PARTSTAT=${partstat}`));
    return performance.now() - from;
  };
  await site.put(uid, BOB, 'SUMMARY:Croquet', 'SEQUENCE:0');
  const invitation = await bob.next('REQUEST', uid);
  check('the invitation is in the mailbox', invitation.calendar.includes('SUMMARY:Croquet'), invitation.calendar);
  const first = await answered(invitation, 'ACCEPTED');
  check(`the answer is in the organizer's copy after ${first.toFixed(0)} ms`, true);
  await site.put(uid, BOB, 'SUMMARY:Croquet at noon', 'SEQUENCE:1', 'LOCATION:The lawn');
  const update = await bob.next('REQUEST', uid);
  check('the update is in the mailbox', update.calendar.includes('Croquet at noon'), update.calendar);
  const second = await answered(update, 'DECLINED');
  check(`the second answer is in the organizer's copy after ${second.toFixed(0)} ms`, true);
  await site.put(uid, BOB, 'SUMMARY:Croquet at one', 'SEQUENCE:2', 'LOCATION:The lawn');
  await bob.next('REQUEST', uid);
  await site.remove(uid);
  const cancel = await bob.next('CANCEL', uid);
  check('the cancellation is in the mailbox', Number(valueOf(cancel.calendar, 'SEQUENCE')) > 0, cancel.calendar);
  // What else the machine does at the same time is no part of it.
  return Math.min(first, second);
}

async function bounce(site: Site): Promise<void> {
  const uid = `bounce-${process.pid}-${Math.floor(performance.now())}`;
  await site.put(uid, NOBODY, 'SUMMARY:Nobody comes');
  const line = await said(site, uid, NOBODY, /SCHEDULE-STATUS="?5\./);
  check(`a bounce of the mail server brings ${/SCHEDULE-STATUS="?([\d.,]+)/.exec(line)?.[1]}`, true);
}

async function tryWay(way: Way, folder: string, dovecot: Dovecot): Promise<number> {
  say(way.name);
  const [port = 0] = await freePorts(1);
  const world = { folder: join(folder, way.name), port, dovecot };
  const closing: (() => Promise<void>)[] = [];
  const logs: (() => string)[] = [dovecot.log];
  try {
    const postfix = await startPostfix({ folder: join(world.folder, 'postfix'), ...way.postfix(world) });
    closing.push(postfix.stop);
    logs.push(postfix.log);
    const mail = { host: '127.0.0.1', port: postfix.port, tls: 'off', holdSeconds: 0, ...way.mail(world) };
    const site = await startSite({ folder: world.folder, organizer: ORGANIZER, mail, uid: way.uid });
    closing.push(site.stop);
    logs.push(site.output);
    const bob = await openGuest({
      ...{ address: BOB, password: dovecot.password },
      ...{ imapPort: dovecot.imapPort, smtpPort: postfix.port },
    });
    closing.push(bob.close);
    const took = await meeting(site, bob);
    await bounce(site);
    return took;
  } catch (error) {
    say(logs.map((log) => log().slice(-6000)).join('\n----\n'));
    throw error;
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** What this machine lacks; undefined: nothing. */
function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'this test starts mail servers, which only root can';
  for (const [program, name] of [
    ['postfix', 'postfix'],
    ['dovecot', 'dovecot-imapd and dovecot-lmtpd'],
  ] as const) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${name} is not installed`;
  }
  const version = [join(ROOT, 'bin/kalends.mjs'), '--version'];
  const { status } = spawnSync(process.execPath, version, { uid: PIPE_UID, gid: PIPE_UID, cwd: '/' });
  if (status !== 0) return `the user with the id ${PIPE_UID}, as whom the pipe runs, cannot read ${ROOT}`;
  return undefined;
}

async function main(): Promise<number> {
  const lacks = missing();
  if (lacks !== undefined) {
    say(`skipped: ${lacks}`);
    return options['allow-missing'] ? 0 : 1;
  }
  const folder = temporaryDir('mail-server');
  chmodSync(folder, 0o755);
  // Who is stopped stops what it has started; each looks after its own at the exit.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  if (!options.keep) process.once('exit', () => removeDir(folder));
  const dovecot = await startDovecot(join(folder, 'dovecot'), [BOB, MAILBOX]);
  const took = new Map<Way, number>();
  try {
    for (const way of WAYS.filter(({ name }) => options.only.split(',').includes(name))) {
      took.set(way, await tryWay(way, folder, dovecot));
    }
  } finally {
    await dovecot.stop();
  }
  for (const [{ name, mostMilliseconds }, milliseconds] of took) {
    say(`${name}: an answer took ${milliseconds.toFixed(0)} ms; ${mostMilliseconds} are allowed`);
  }
  return [...took].every(([{ mostMilliseconds }, milliseconds]) => milliseconds <= mostMilliseconds) ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
});
