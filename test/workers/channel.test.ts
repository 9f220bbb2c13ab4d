import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { BadRequest } from '../../src/base/refusal.ts';
import { createChannel, type Wire } from '../../src/workers/channel.ts';

interface Questions {
  twice(value: number): number;
  refuse(): never;
  taken(): never;
  never(): Promise<never>;
}

const { port1, port2 } = new MessageChannel();
const wireOf = (port: typeof port1): Wire => ({
  send: (message) => port.postMessage(message),
  listen: (listener) => void port.on('message', listener),
});
const asker = createChannel<Questions, object>(wireOf(port1), {});
createChannel<object, Questions>(wireOf(port2), {
  twice: (value) => 2 * value,
  refuse() {
    throw new BadRequest('Too many', { status: 429, headers: { 'Retry-After': '7' } });
  },
  taken() {
    throw Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', syscall: 'listen', address: '::1' });
  },
  never: () => new Promise<never>(() => undefined),
});

test('answers come to their questions, in whatever order they are given', async () => {
  expect(await Promise.all([asker.ask('twice', 1), asker.ask('twice', 2), asker.ask('twice', 3)])).toEqual([2, 4, 6]);
});

test('a refusal arrives with its status and headers', async () => {
  const refused = asker.ask('refuse');
  await expect(refused).rejects.toBeInstanceOf(BadRequest);
  await expect(refused).rejects.toMatchObject({ message: 'Too many', status: 429, headers: { 'Retry-After': '7' } });
});

test('an error of the system arrives as one', async () => {
  await expect(asker.ask('taken')).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' });
});

test('what waits for an answer when the channel ends is told so, and what is asked after it', async () => {
  const waiting = asker.ask('never');
  asker.end('the worker has ended');
  await expect(waiting).rejects.toThrow('the worker has ended');
  await expect(asker.ask('twice', 1)).rejects.toThrow('the worker has ended');
  port1.close();
});
