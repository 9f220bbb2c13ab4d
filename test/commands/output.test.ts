import { PassThrough, Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { lineWriter } from '../../src/commands/output.ts';
import { createProgress } from '../../src/commands/progress.ts';

test('lines wait for a slow reader, and none is lost', async () => {
  const chunks: string[] = [];
  let waiting = 0;
  const slow = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      waiting += 1;
      expect(waiting).toBe(1);
      setImmediate(() => {
        waiting -= 1;
        chunks.push(chunk);
        done();
      });
    },
  });
  const out = lineWriter(slow);
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
  for (const line of lines) await out.write(line);
  await out.end();
  expect(chunks.length).toBeGreaterThan(2);
  expect(chunks.join('')).toBe(`${lines.join('\n')}\n`);
});

test('a progress bar is drawn on a terminal, not too often, and removed at the end', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 60 });
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: {} };
  const progress = createProgress(io, 200);
  progress.at(50, '50 objects');
  progress.at(51, '51 objects');
  clock.mockReturnValue(1200);
  progress.at(300, '300 objects');
  progress.end();
  clock.mockRestore();
  const drawn = String(stderr.read()).split('\r\u001b[K');
  expect(drawn).toEqual([
    '',
    `[${'#'.repeat(8)}${' '.repeat(22)}] 25 % 50 objects`,
    `[${'#'.repeat(30)}] 100 % 300 objects`,
    '',
  ]);
});

test('a progress bar is not drawn into a file or a pipe', () => {
  const stderr = new PassThrough();
  const progress = createProgress({ stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: {} }, 10);
  progress.at(5, 'half');
  progress.end();
  expect(stderr.read()).toBeNull();
});
