import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { cpuMilliseconds, processTree, sharedMegabytes, ticksOf } from '../../bench/cpu.ts';

/** Works for so many milliseconds of CPU, then says so, and waits until its input ends. */
const WORK = (milliseconds: number): string =>
  `while (process.cpuUsage().user < ${milliseconds * 1000}); console.log('done'); process.stdin.resume();`;

/** A process that only has a child do it; with `wait`, the child ends before it says anything. */
const PARENT = (milliseconds: number, wait: boolean): string =>
  wait
    ? `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(WORK(milliseconds))}], { input: '' });
       console.log('done'); process.stdin.resume();`
    : `const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(WORK(milliseconds))}]);
       child.stdout.on('data', () => console.log('done')); process.stdin.pipe(child.stdin);`;

async function withProcess<T>(script: string, look: (pid: number) => T): Promise<T> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(createInterface({ input: child.stdout }), 'line');
  const seen = look(child.pid!);
  child.stdin.end();
  await once(child, 'exit');
  return seen;
}

test('the CPU time of a child that runs counts for the tree', async () => {
  const { spent, count } = await withProcess(PARENT(300, false), (pid) => ({
    spent: cpuMilliseconds(pid),
    count: processTree(pid).length,
  }));
  expect(count).toBe(2);
  expect(spent).toBeGreaterThan(300);
});

test('the CPU time of a child that has ended still counts for the tree', async () => {
  const { spent, count } = await withProcess(PARENT(300, true), (pid) => ({
    spent: cpuMilliseconds(pid),
    count: processTree(pid).length,
  }));
  expect(count).toBe(1);
  expect(spent).toBeGreaterThan(290);
});

test('several roots count once each, also where one is below another', () => {
  const all = processTree([process.pid, process.ppid]);
  expect(all.length).toBe(new Set(all).size);
  expect(all).toEqual(expect.arrayContaining([process.pid, process.ppid]));
});

test('a process that does not exist has used nothing', () => {
  expect(cpuMilliseconds([])).toBe(0);
  expect(cpuMilliseconds(2 ** 30)).toBe(0);
  expect(sharedMegabytes(2 ** 30)).toBe(0);
});

test('the name of a process may hold spaces and brackets', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194560 100 200 0 0 12 3 45 6 20 0 1 0 1000';
  expect(ticksOf(stat)).toEqual({ own: 150, ended: 510 });
});

test('this process takes some memory, and less than all of the machine', () => {
  expect(sharedMegabytes(process.pid)).toBeGreaterThan(10);
  expect(sharedMegabytes(process.pid)).toBeLessThan(100_000);
});
