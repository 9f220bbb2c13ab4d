import { readFileSync } from 'node:fs';
import { processTree, sharedMegabytes } from './cpu.ts';

/** Memory of the server's processes in MB (10^6 octets), PSS, and what it consists of. */
export interface Memory {
  readonly pss: number;
  /** Anonymous memory: JavaScript, buffers, SQLite's caches. */
  readonly anonymous: number;
  /** Of files: the programs and libraries, and the index of the write-ahead log. */
  readonly files: number;
  /** The heap of JavaScript, and what of it is in use, garbage that was not collected yet included; buffers outside it. */
  readonly heapTotal: number;
  readonly heap: number;
  readonly external: number;
}

const sumOf = (pids: readonly number[], name: string): number =>
  pids
    .map((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
        return (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024) / 1e6;
      } catch {
        return 0; // ended since it was listed
      }
    })
    .reduce((sum, each) => sum + each, 0);

export async function memoryOf(pid: number, url: string): Promise<Memory> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]) / 1e6;
  const pids = processTree(pid);
  return {
    pss: sumOf(pids, 'Pss'),
    anonymous: sumOf(pids, 'Pss_Anon'),
    files: sumOf(pids, 'Pss_File') + sumOf(pids, 'Pss_Shmem'),
    heapTotal: metric('nodejs_heap_size_total_bytes'),
    heap: metric('nodejs_heap_size_used_bytes'),
    external: metric('nodejs_external_memory_bytes'),
  };
}

/** Looks every two seconds; `stop` says how much it was at most. */
export function watchMemory(pid: number): { stop(): number } {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, sharedMegabytes(pid));
  };
  const timer = setInterval(look, 2000);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}
