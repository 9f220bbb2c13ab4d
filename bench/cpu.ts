import { readdirSync, readFileSync } from 'node:fs';

/** Threads of a process and the nanoseconds that each has run: schedstat counts them, stat only in hundredths of a second. */
function runNanoseconds(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const times = readdirSync(tasks).map((task) => {
    // A thread may end between the listing and the reading.
    const text = readOrEmpty(`${tasks}/${task}/schedstat`);
    return Number(text.split(' ')[0] ?? 0);
  });
  return times.reduce((sum, time) => sum + time, 0);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** CPU time that a process has used so far, in milliseconds, all its threads together. Linux only. */
export const cpuMilliseconds = (pid: number): number => runNanoseconds(pid) / 1e6;

/** Peak resident memory of a process in MiB. */
export function peakMebibytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
