import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { RSCALES } from '../../../src/ical/rscale.ts';
import { CALENDAR_TYPE, event, startDavServer, type DavServer } from '../../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer({});
});
afterAll(() => server.close());

const HOME = '/dav/calendars/alice/';
const CAL = `${HOME}calendar/`;
const put = (name: string, rule: string) =>
  server.request('PUT', `${CAL}${name}.ics`, { body: event(name, `RRULE:${rule}`), headers: CALENDAR_TYPE });

describe('CALDAV:supported-rscale-set (RFC 7529 §10.1)', () => {
  test.each([HOME, CAL])('names the calendars of recurrence rules on %s', async (path) => {
    const body =
      '<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:supported-rscale-set/></D:prop>' +
      '</D:propfind>';
    const headers = { depth: '0', 'content-type': 'application/xml' };
    const answer = await server.request('PROPFIND', path, { headers, body });
    const named = [...answer.body.toString().matchAll(/supported-rscale>([^<]+)</g)].map(([, name]) => name);
    expect(named).toEqual(RSCALES);
    for (const name of ['GREGORIAN', 'CHINESE', 'HEBREW', 'ETHIOPIC', 'ISLAMIC-CIVIL']) expect(named).toContain(name);
  });

  test('does not come with allprop', async () => {
    const answer = await server.request('PROPFIND', CAL, { headers: { depth: '0' }, body: '' });
    expect(answer.status).toBe(207);
    expect(answer.body.toString()).not.toContain('supported-rscale');
  });

  test.each(RSCALES)('holds %s, and a rule of it is stored', async (rscale) => {
    expect((await put(rscale, `RSCALE=${rscale};FREQ=YEARLY;SKIP=FORWARD`)).status).toBe(201);
  });
});

describe('PUT', () => {
  test.each(['MAYAN', 'X-OWN'])('of RSCALE=%s is refused by CALDAV:supported-rscale', async (rscale) => {
    const answer = await put('unknown', `RSCALE=${rscale};FREQ=YEARLY`);
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toMatch(/<C:supported-rscale\/>/);
    expect(answer.body.toString()).toContain(`RSCALE=${rscale} is a calendar scale that is not supported`);
  });

  test('of a rule that never matches in its calendar is refused with the reason', async () => {
    const answer = await put('never', 'RSCALE=ISLAMIC-TBLA;FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30');
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('valid-calendar-data');
    expect(answer.body.toString()).toContain('can never match any date');
  });
});
