import { expect, test } from 'vitest';
import { parseBasic } from '../../src/auth/basic.ts';

const basic = (pair: string | Buffer): string => `Basic ${Buffer.from(pair).toString('base64')}`;

test.each([
  ['the example of RFC 7617 §2', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'Aladdin', 'open sesame'],
  ['the example of RFC 7617 §2.1', 'Basic dGVzdDoxMjPCow==', 'test', '123£'],
  ['a scheme in another case', `bAsIc  ${Buffer.from('a:b').toString('base64')} `, 'a', 'b'],
  ['an empty password', basic('a:'), 'a', ''],
  ['a password with colons', basic('a:b:c:'), 'a', 'b:c:'],
  ['a name that looks like a path or a pattern', basic('../%2f.*@x:p'), '../%2f.*@x', 'p'],
])('%s', (_what, header, login, password) => {
  expect(parseBasic(header)).toEqual({ login, password });
});

test.each([
  ['no header', undefined],
  ['an empty header', ''],
  ['another scheme', 'Bearer YTpi'],
  ['no credentials', 'Basic '],
  ['what is no base64', 'Basic a:b'],
  ['no colon', basic('ab')],
  ['no name', basic(':b')],
  ['a NUL', basic('a\0b:c')],
  ['a line end', basic('a:b\r\n')],
  ['octets that are no UTF-8', basic(Buffer.from([0x61, 0x3a, 0xff]))],
])('%s is no log-in', (_what, header) => {
  expect(parseBasic(header)).toBeUndefined();
});

test('a name is needed but where any will do', () => {
  const header = `Basic ${Buffer.from(':secret').toString('base64')}`;
  expect(parseBasic(header)).toBeUndefined();
  expect(parseBasic(header, { nameless: true })).toEqual({ login: '', password: 'secret' });
  expect(parseBasic(`Basic ${Buffer.from('secret').toString('base64')}`, { nameless: true })).toBeUndefined();
});
