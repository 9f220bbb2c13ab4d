import { createSocket, type Socket } from 'node:dgram';
import { afterEach, expect, test } from 'vitest';
import { countedResolver } from '../../src/mail/counted-resolver.ts';
import { createMailResolver } from '../../src/mail/resolver.ts';

const open: Socket[] = [];
afterEach(() => open.splice(0).forEach((socket) => socket.close()));

const NOTHING_THERE = 3;

/** A name server on the loopback that answers each question with these texts, or that there is no such name. */
async function nameServer(answer: (name: string) => readonly string[] | undefined | 'silence'): Promise<string> {
  const socket = createSocket('udp4');
  open.push(socket);
  socket.on('message', (question, from) => {
    const end = question.indexOf(0, 12);
    const labels: string[] = [];
    for (let at = 12; at < end; at += (question[at] ?? 0) + 1)
      labels.push(question.subarray(at + 1, at + 1 + (question[at] ?? 0)).toString());
    const texts = answer(labels.join('.'));
    if (texts === 'silence') return;
    const records = (texts ?? []).map((text) => {
      const data = Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
      const head = Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length]);
      return Buffer.concat([head, data]);
    });
    const flags = [0x81, 0x80 + (texts === undefined ? NOTHING_THERE : 0)];
    const counts = [0, 1, 0, records.length, 0, 0, 0, 0];
    const head = Buffer.from([question[0] ?? 0, question[1] ?? 0, ...flags, ...counts]);
    socket.send(Buffer.concat([head, question.subarray(12, end + 5), ...records]), from.port, from.address);
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return `127.0.0.1:${socket.address().port}`;
}

test('texts of the DNS come in their pieces, and a name that is not there as ENOTFOUND', async () => {
  const servers = [await nameServer((name) => (name === '_dmarc.far.example' ? ['v=DMARC1; p=none'] : undefined))];
  const resolve = createMailResolver({ servers });
  expect(await resolve('_dmarc.far.example', 'TXT')).toEqual([['v=DMARC1; p=none']]);
  await expect(resolve('none.example', 'TXT')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('a name server that says nothing is not waited for', async () => {
  const resolve = createMailResolver({ servers: [await nameServer(() => 'silence')], timeout: 50 });
  const started = performance.now();
  await expect(resolve('far.example', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  expect(performance.now() - started).toBeLessThan(3_000);
});

test('for one mail, so much is asked and no more: the rest is not there', async () => {
  let asked = 0;
  const counted = countedResolver(() => Promise.resolve([[String(++asked)]]), { questions: 3 });
  const answers = await Promise.allSettled(Array.from({ length: 5 }, () => counted('far.example', 'TXT')));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
  await expect(counted('far.example', 'TXT')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect(asked).toBe(3);
});

test('for one mail, all questions together take so long and no longer', async () => {
  const counted = countedResolver(() => new Promise(() => undefined), { together: 20 });
  await expect(counted('far.example', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  await expect(counted('far.example', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' });
});
