import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, type Running } from './harness.ts';

let running: Running;
let answered = 0;
const held: (() => void)[] = [];
beforeAll(async () => {
  running = await run({
    mount: [
      async (ctx) => {
        if (ctx.path === '/slow') await new Promise<void>((resolve) => held.push(resolve));
        answered += 1;
        ctx.body = ctx.path;
      },
    ],
  });
});
afterAll(() => running.listener.close(0));

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test('a request waits for the one before it on its connection', async () => {
  const socket = connect(running.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const before = answered;
  socket.write(get('/slow') + get('/quick'));
  await expect.poll(() => held.length).toBe(1);
  expect(answered).toBe(before);
  held.shift()?.();
  await expect.poll(() => text).toMatch(/\/slow[^]*\/quick$/);
  socket.destroy();
});

test('where the connection ends, the next one still waits until the work for the one before it is done', async () => {
  const socket = connect(running.port, '127.0.0.1');
  const before = answered;
  socket.write(get('/slow') + get('/quick'));
  await expect.poll(() => held.length).toBe(1);
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  socket.destroy();
  await closed;
  // A whole request of another connection: the server has seen the end of this one by then.
  await fetch(`http://127.0.0.1:${running.port}/other`);
  expect(answered).toBe(before + 1);
  held.shift()?.();
  await expect.poll(() => answered).toBe(before + 3);
});

test('a client that sends thousands without waiting is cut off, and another one is served', async () => {
  const socket = connect(running.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  socket.write(get('/slow') + get('/quick').repeat(5000));
  await closed;
  const answer = await fetch(`http://127.0.0.1:${running.port}/quick`);
  expect([answer.status, await answer.text()]).toEqual([200, '/quick']);
  held.shift()?.();
});
