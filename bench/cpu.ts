import { readdirSync, readFileSync } from 'node:fs';

/** One process, or several that no other one has started. */
export type Pids = number | readonly number[];

/** Of a clock tick as /proc counts it: 100 a second on every Linux of today. */
const TICK = 10;

/** What a process no longer has: it may end between the listing and the reading. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}

function tasksOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** What `/proc/PID/stat` counts, in milliseconds. */
export interface Ticks {
  /** Of the process, threads that have ended included. */
  readonly own: number;
  /** Of its children that have ended and that it has waited for, with theirs. */
  readonly ended: number;
}

/** Of the text of `/proc/PID/stat`; the name in it may hold spaces and brackets. */
export function ticksOf(stat: string): Ticks {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime, stime, cutime and cstime are the 14th to the 17th field of the whole line, and this begins with the third.
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) * TICK, ended: (childUser + childSystem) * TICK };
}

/**
 * Of one process. schedstat counts in nanoseconds, but forgets a thread when it ends; stat forgets none, but counts in
 * hundredths of a second. Neither is ever too much.
 */
function ownMilliseconds(pid: number): number {
  const { own, ended } = ticksOf(readOrEmpty(`/proc/${pid}/stat`));
  const running = tasksOf(pid)
    .map((task) => Number(readOrEmpty(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0))
    .reduce((sum, time) => sum + time, 0);
  return Math.max(own, running / 1e6) + ended;
}

const childrenOf = (pid: number): readonly number[] =>
  tasksOf(pid).flatMap((task) =>
    readOrEmpty(`/proc/${pid}/task/${task}/children`)
      .split(' ')
      .filter((child) => child !== '')
      .map(Number),
  );

/** The processes, and all that they have started and that still run. */
export function processTree(pids: Pids): readonly number[] {
  const tree: number[] = [];
  const waiting = typeof pids === 'number' ? [pids] : [...pids];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (tree.includes(pid)) continue;
    tree.push(pid);
    waiting.push(...childrenOf(pid));
  }
  return tree;
}

/**
 * CPU time that processes have used so far, in milliseconds: all their threads, and all processes below them, those that
 * have ended included. Linux only.
 */
export const cpuMilliseconds = (pids: Pids): number =>
  processTree(pids)
    .map(ownMilliseconds)
    .reduce((sum, time) => sum + time, 0);

/** Peak resident memory of a process in MiB. */
export function peakMebibytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

/** Memory of a tree of processes in MB (10^6 octets): what is shared counts for each by its part (PSS). */
export function sharedMegabytes(pids: Pids): number {
  const kilobytes = processTree(pids).map((pid) =>
    Number(/^Pss:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0),
  );
  return (kilobytes.reduce((sum, each) => sum + each, 0) * 1024) / 1e6;
}
