import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  answerUrlOf,
  endedTokens,
  forgetMailedInvitations,
  invitationByAnswerToken,
  invitationByReplyToken,
  mailedInvitation,
  rememberRecipient,
  replyAddressOf,
  replyTokenIn,
  revokeTokens,
  tokensFor,
  tokensOf,
} from '../../src/calendar/mail-tokens.ts';
import { removePrincipal } from '../../src/calendar/remove-principal.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { MAIL, startDavServer, type DavServer } from '../dav-server.ts';

const REPLY = 'answers@example.com';
const INVITATION = { homeId: 'alice', uid: 'm', recipient: 'mailto:Far@example.org' };

let server: DavServer;
beforeEach(async () => {
  server = await startDavServer({ settings: { mail: { ...MAIL, reply: REPLY } } });
});
afterEach(() => server.close());

const tokenIn = (replyAddress: string | undefined): string => replyTokenIn(REPLY, replyAddress ?? '') ?? 'none';

test('the tokens of an invitation are the same each time, and open it', async () => {
  const { replyAddress, answerToken } = await tokensOf(server.context, INVITATION);
  expect(answerToken).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
  expect(replyAddress).toMatch(/^answers\+[0-9a-hjkmnp-tv-z]{26}@example\.com$/);
  expect(tokenIn(replyAddress)).not.toBe(answerToken);
  expect(await tokensOf(server.context, INVITATION)).toEqual({ replyAddress, answerToken });
  const again = { ...INVITATION, recipient: 'MAILTO:far@EXAMPLE.org' };
  expect(await server.context.store.write((tx) => tokensFor(server.context, tx, again))).toEqual({
    replyAddress,
    answerToken,
  });
  const found = { homeId: 'alice', uid: 'm', recipient: 'mailto:Far@example.org', generation: 0 };
  expect(await invitationByAnswerToken(server.context, answerToken)).toMatchObject(found);
  expect(await invitationByReplyToken(server.context, tokenIn(replyAddress).toUpperCase())).toMatchObject(found);
});

test('a token opens nothing but what it is for', async () => {
  const { replyAddress, answerToken } = await tokensOf(server.context, INVITATION);
  expect(await invitationByReplyToken(server.context, answerToken)).toBeUndefined();
  expect(await invitationByAnswerToken(server.context, tokenIn(replyAddress))).toBeUndefined();
  for (const token of [
    '',
    'x',
    answerToken.slice(1),
    `${answerToken}0`,
    `${answerToken.slice(0, 25)}\0`,
    '%'.repeat(26),
  ])
    expect(await invitationByAnswerToken(server.context, token)).toBeUndefined();
});

test('each invitation has tokens of its own, each installation others, and none is kept in clear', async () => {
  const others = [
    { ...INVITATION, uid: 'n' },
    { ...INVITATION, homeId: 'bob' },
    { ...INVITATION, recipient: 'mailto:x@y.test' },
  ];
  const made = await Promise.all([INVITATION, ...others].map((each) => tokensOf(server.context, each)));
  const all = made.flatMap(({ replyAddress, answerToken }) => [tokenIn(replyAddress), answerToken]);
  expect(new Set(all).size).toBe(8);
  const rows = await server.context.store.db.selectFrom('mailed_invitations').selectAll().execute();
  expect(rows).toHaveLength(4);
  for (const token of all) expect(JSON.stringify(rows)).not.toContain(token);
  const elsewhere = await startDavServer({ settings: { mail: { ...MAIL, reply: REPLY } } });
  expect((await tokensOf(elsewhere.context, INVITATION)).answerToken).not.toBe(made[0]?.answerToken);
  await elsewhere.close();
});

test('without an address for answers there is no reply address, and still a link', async () => {
  const { store, ...rest } = server.context;
  const context = { ...rest, store, settings: { ...rest.settings, mail: MAIL } };
  expect(await tokensOf(context, INVITATION)).toEqual({
    replyAddress: undefined,
    answerToken: expect.any(String) as string,
  });
});

test('what is revoked opens nothing any more, and what is sent then has other tokens', async () => {
  const before = await tokensOf(server.context, INVITATION);
  const revoke = () => server.context.store.write((tx) => revokeTokens(tx, INVITATION));
  expect(await revoke()).toBe(true);
  expect(await invitationByAnswerToken(server.context, before.answerToken)).toBeUndefined();
  expect(await invitationByReplyToken(server.context, tokenIn(before.replyAddress))).toBeUndefined();
  const after = await tokensOf(server.context, INVITATION);
  expect(await invitationByAnswerToken(server.context, after.answerToken)).toMatchObject({ generation: 1 });
  expect(await server.context.store.write((tx) => revokeTokens(tx, { ...INVITATION, uid: 'none' }))).toBe(false);
});

test('what a recipient’s program has told is remembered', async () => {
  await tokensOf(server.context, INVITATION);
  await server.context.store.write((tx) => rememberRecipient(tx, INVITATION, { zone: 'Asia/Tokyo', language: 'de' }));
  expect(await mailedInvitation(server.context, INVITATION)).toMatchObject({ zone: 'Asia/Tokyo', language: 'de' });
});

test('with the home its tokens end; what is still to be sent names the address that guests know', async () => {
  const { answerToken, replyAddress } = await tokensOf(server.context, INVITATION);
  await removePrincipal(server.context, { id: asPrincipalId('alice') });
  expect(await invitationByAnswerToken(server.context, answerToken)).toBeUndefined();
  expect(await endedTokens(server.context, INVITATION)).toEqual({ answerToken, replyAddress });
  expect(await mailedInvitation(server.context, INVITATION)).toBeUndefined();
});

test('invitations of long ago to what is gone are forgotten', async () => {
  await tokensOf(server.context, INVITATION);
  expect(await forgetMailedInvitations(server.context, server.time.now)).toBe(0);
  expect(await forgetMailedInvitations(server.context, server.time.now + 1)).toBe(1);
});

describe('an address for answers', () => {
  const token = '0123456789abcdefghjkmnpqrs';

  test('has the token after a plus sign, in any case', () => {
    expect(replyAddressOf('a+b@x.test', token)).toBe(`a+b+${token}@x.test`);
    expect(replyTokenIn('Answers@X.test', ` answers+${token.toUpperCase()}@x.TEST`)).toBe(token);
  });

  test.each([
    ...['answers@x.test', 'answers+@x.test', `answers+${token}0@x.test`, `other+${token}@x.test`],
    ...[`answers+${token}@y.test`, `answers+${token}@evil@x.test`, `answers+${token.slice(1)}!@x.test`, ''],
  ])('is not %j', (address) => {
    expect(replyTokenIn('answers@x.test', address)).toBeUndefined();
  });
});

test('the answer page is below the public address', () => {
  expect(answerUrlOf('https://cal.test/', 'token')).toBe('https://cal.test/invitation/token');
});
