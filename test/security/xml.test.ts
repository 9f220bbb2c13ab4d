import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDavServer, XML, type DavServer } from '../dav-server.ts';

let server: DavServer;
beforeAll(async () => {
  server = await startDavServer();
});
afterAll(() => server.close());

const dav = (body: string, root = 'D:propfind'): string => `<${root} xmlns:D="DAV:">${body}</${root}>`;
const entities = Array.from({ length: 9 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('');
const quadratic = `<!DOCTYPE x [<!ENTITY e "${'x'.repeat(50_000)}">]>${dav('&e;'.repeat(10_000))}`;

/** What is sent, and the statuses that say what is wrong with it. */
const ATTACKS: readonly (readonly [string, string | Buffer, readonly number[]])[] = [
  ['a DOCTYPE', `<!DOCTYPE x>${dav('<D:allprop/>')}`, [400]],
  ['an external entity', `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${dav('<D:prop>&e;</D:prop>')}`, [403]],
  ['an external DTD', `<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">${dav('<D:allprop/>')}`, [403]],
  ['billion laughs', `<!DOCTYPE x [<!ENTITY e0 "ha">${entities}]>${dav('&e9;')}`, [400]],
  ['quadratic blow-up', quadratic, [400]],
  ['depth', dav('<D:prop>'.repeat(5000) + '</D:prop>'.repeat(5000)), [400]],
  ['a million properties', dav(`<D:prop>${'<a/>'.repeat(1_000_000)}</D:prop>`), [400, 413]],
  ['an attribute twice', dav('<D:prop a="1" a="2"/>'), [400]],
  ['UTF-16', Buffer.from(`\ufeff${dav('<D:allprop/>')}`, 'utf16le'), [400]],
  ['UTF-7', `<?xml version="1.0" encoding="UTF-7"?>${dav('+ADw-D:allprop/+AD4-')}`, [400]],
  ['another charset', `<?xml version="1.0" encoding="ISO-8859-1"?>${dav('<D:allprop/>')}`, [400]],
  ['octets that are no UTF-8', Buffer.from(dav('<D:prop>\xff</D:prop>'), 'latin1'), [400]],
  ['two roots', dav('<D:allprop/>') + dav('<D:allprop/>'), [400]],
  ['an unbound prefix', '<D:propfind><D:allprop/></D:propfind>', [400]],
  // RFC 4918 §9.3: MKCOL with a body that is not understood is 415.
  ['another root', dav('', 'D:surprise'), [400, 403, 415]],
  ['no XML', 'BEGIN:VCALENDAR', [400]],
];

describe('security 6: XML that attacks is a 4xx with a reason, whatever the method', () => {
  test.each(ATTACKS)('%s', async (_name, body, statuses) => {
    for (const method of ['PROPFIND', 'PROPPATCH', 'REPORT', 'MKCALENDAR', 'MKCOL']) {
      const path = method.startsWith('MK') ? '/dav/calendars/alice/new/' : '/dav/calendars/alice/calendar/';
      const answer = await server.request(method, path, { body, headers: { ...XML, depth: '0' } });
      expect(statuses, `${method} ${answer.body.toString().slice(0, 200)}`).toContain(answer.status);
      expect(answer.body.length, method).toBeGreaterThan(0);
      expect(answer.body.toString()).not.toContain('root:');
    }
  });

  test('nothing was made of them, and the server answers on', async () => {
    const gone = await server.request('PROPFIND', '/dav/calendars/alice/new/', { headers: { depth: '0' } });
    expect(gone.status).toBe(404);
    const whole = await server.request('PROPFIND', '/dav/calendars/alice/', { headers: { depth: '1' } });
    expect(whole.status).toBe(207);
  });
});
