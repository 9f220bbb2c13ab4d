import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY, SECOND } from '../../src/base/clock.ts';
import { deliverPushes } from '../../src/jobs/handlers/deliver-pushes.ts';
import { createFetch } from '../../src/net/fetch.ts';
import { CALENDAR_TYPE, event, SILENT_LOG, startDavServer, XML, type DavServer } from '../dav-server.ts';
import { holds } from '../properties/holds.ts';
import { pushRegister, startPushService, type PushService } from '../push-service.ts';

const CALENDAR = '/dav/calendars/alice/calendar/';

let server: DavServer;
let service: PushService;
let own: string;
let body: string;
beforeEach(async () => {
  server = await startDavServer({ settings: { push: { contact: 'mailto:admin@example.com' } } });
  service = await startPushService();
  body = pushRegister(service.device('phone'));
  own = (await server.request('POST', CALENDAR, { headers: XML, body })).headers.location!;
});
afterEach(async () => {
  await server.close();
  await service.close();
});

const STEPS = ['put', 'put quietly', 'rename', 'rename quietly', 'run', 'run that fails'] as const;
let count = 0;

async function change(step: string): Promise<void> {
  count += 1;
  const quiet: Record<string, string> = step.endsWith('quietly') ? { 'push-dont-notify': `"${own}"` } : {};
  if (step.startsWith('put')) {
    const object = { headers: { ...CALENDAR_TYPE, ...quiet }, body: event(`event-${count}`) };
    await server.request('PUT', `${CALENDAR}${count}.ics`, object);
    return;
  }
  const name = `<D:displayname>${count}</D:displayname>`;
  const update = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>${name}</D:prop></D:set></D:propertyupdate>`;
  await server.request('PROPPATCH', CALENDAR, { headers: { ...XML, ...quiet }, body: update });
}

async function run(fails: boolean): Promise<readonly string[]> {
  // Later than any back-off.
  server.time.now += DAY / 4;
  service.answer = fails ? (_, response) => response.writeHead(503).end() !== undefined : undefined;
  const before = service.messages.length;
  const fetch = createFetch({ allow: ['127.0.0.1'] });
  const context = { calendar: server.context, log: SILENT_LOG, retention: DAY, fetch, random: () => 0 };
  await deliverPushes.run(context, new AbortController().signal);
  server.time.now += 10 * SECOND;
  return service.messages.slice(before).map(({ text }) => text);
}

test('a device is told of exactly the changes of others since it was last told, whatever the order', async () => {
  const steps = fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 12 });
  await holds(
    fc.asyncProperty(steps, async (all) => {
      const owed = { content: false, properties: false };
      // What an earlier sequence left is told first, and a subscription has an end.
      await run(false);
      await server.request('POST', CALENDAR, { headers: XML, body });
      for (const step of all) {
        if (!step.startsWith('run')) {
          await change(step);
          if (step === 'put') owed.content = true;
          if (step === 'rename') owed.properties = true;
          continue;
        }
        const fails = step === 'run that fails';
        const texts = await run(fails);
        const told = texts.map((text) => [text.includes('content-update'), text.includes('property-update')]);
        const isOwed = owed.content || owed.properties;
        expect(told).toEqual(isOwed && !fails ? [[owed.content, owed.properties]] : []);
        if (!fails) Object.assign(owed, { content: false, properties: false });
      }
    }),
    { seed: 20260302, numRuns: 60 },
  );
});
