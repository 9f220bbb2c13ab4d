import { afterEach, describe, expect, test } from 'vitest';
import { health } from '../../src/http/health.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { ask, run } from './harness.ts';
import type { Running } from './harness.ts';

let running: Running | undefined;
afterEach(async () => {
  await running?.listener.close(0);
  running = undefined;
});

async function serve(ready: () => Promise<void> = () => Promise.resolve()): Promise<number> {
  const metrics = createMetrics({ token: 't0ken', gauges: () => Promise.resolve({ objects: 42 }) });
  running = await run({
    metrics,
    open: [health(ready), metrics.middleware],
    authenticate: (ctx) => void (ctx.status = 401),
  });
  return running.port;
}

describe('/metrics', () => {
  test('counts requests by method and class of status, and what the store says', async () => {
    const port = await serve();
    await ask(port, { method: 'PROPFIND' });
    await ask(port, { method: 'PROPFIND' });
    const { status, text, headers } = await ask(port, { path: '/metrics' });
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=/);
    expect(text).toContain('http_request_duration_seconds_count{method="PROPFIND",status="4xx"} 2');
    expect(text).toContain('kalends_objects 42');
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'is closed to who comes through a proxy on this machine (%s), but for the token',
    async (header) => {
      const port = await serve();
      const headers = { [header]: '203.0.113.7' };
      expect(await ask(port, { path: '/metrics', headers })).toMatchObject({ status: 403 });
      const wrong = { ...headers, authorization: 'Bearer t0kem' };
      expect(await ask(port, { path: '/metrics', headers: wrong })).toMatchObject({ status: 403 });
      const right = { ...headers, authorization: 'Bearer t0ken' };
      expect(await ask(port, { path: '/metrics', headers: right })).toMatchObject({ status: 200 });
    },
  );

  test('has no label that a client could fill', async () => {
    const { observe, registry } = createMetrics();
    observe('EVIL', 200, 0.1);
    expect(await registry.metrics()).toContain('http_request_duration_seconds_count{method="other",status="2xx"} 1');
  });
});

describe('health', () => {
  test('the process answers, and is ready when its database is', async () => {
    const port = await serve();
    expect(await ask(port, { path: '/healthz' })).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await ask(port, { path: '/readyz' })).toMatchObject({ status: 200 });
  });

  test('a database that does not answer is 503, without a reason for strangers', async () => {
    const port = await serve(() => Promise.reject(new Error('postgres://secret@host')));
    expect(await ask(port, { path: '/healthz' })).toMatchObject({ status: 200 });
    expect(await ask(port, { path: '/readyz' })).toMatchObject({ status: 503, text: 'not ready\n' });
  });
});
