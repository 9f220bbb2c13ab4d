import { describe, expect, test } from 'vitest';
import { judgeSender, type Judgement, type SenderQuestion } from '../../src/calendar/judge-sender.ts';
import { parseCalendars } from '../../src/ical/parse.ts';
import { readMessage, type ItipMessage } from '../../src/itip/message.ts';
import { ics } from '../dav-server.ts';

const METHODS = ['PUBLISH', 'REQUEST', 'REPLY', 'ADD', 'CANCEL', 'REFRESH', 'COUNTER', 'DECLINECOUNTER'] as const;
const OF_ATTENDEES: readonly string[] = ['REPLY', 'REFRESH', 'COUNTER'];

/** A message of a method in which these lines say who sends it. */
function messageOf(method: string, speakers: readonly string[], kind = 'VEVENT'): ItipMessage {
  const isAttendees = OF_ATTENDEES.includes(method);
  const organizers = isAttendees ? ['ORGANIZER:mailto:boss@here.example'] : speakers.map((each) => `ORGANIZER${each}`);
  const guest = ['REQUEST', 'ADD', 'CANCEL', 'DECLINECOUNTER'].includes(method)
    ? ['ATTENDEE:mailto:me@here.example']
    : [];
  const attendees = isAttendees ? speakers.map((each) => `ATTENDEE${each}`) : guest;
  const dates = method === 'REFRESH' ? [] : ['SEQUENCE:1', 'DTSTART:20260302T100000Z', 'DTEND:20260302T110000Z'];
  const lines = ['UID:m', 'DTSTAMP:20260302T080000Z', ...dates, ...organizers, ...attendees];
  const text = ics(`METHOD:${method}`, `BEGIN:${kind}`, ...lines, `END:${kind}`);
  const reading = readMessage(parseCalendars(Buffer.from(text)).calendars[0]!);
  if ('fault' in reading) throw new Error(reading.fault);
  return reading.message;
}

interface Case {
  readonly method: (typeof METHODS)[number];
  readonly verdict: 'pass' | 'none' | 'fail';
  readonly token: 'no' | 'of who speaks' | 'of another' | 'of another UID';
  /** What the address of From is to whom the message says it comes from. */
  readonly relation: 'self' | 'sent by, one house' | 'sent by, elsewhere' | 'another' | 'nobody';
  readonly local: 'no' | 'claimed' | 'claimed, has the UID' | 'From alone';
  readonly trusted: 'no' | 'address' | 'domain';
}

const ALL = {
  method: METHODS,
  verdict: ['pass', 'none', 'fail'],
  token: ['no', 'of who speaks', 'of another', 'of another UID'],
  relation: ['self', 'sent by, one house', 'sent by, elsewhere', 'another', 'nobody'],
  local: ['no', 'claimed', 'claimed, has the UID', 'From alone'],
  trusted: ['no', 'address', 'domain'],
} as const satisfies { readonly [name in keyof Case]: readonly Case[name][] };

/** Every case that there can be: where From is nobody, nothing vouches for it, and nobody trusts it. */
function cases(): readonly Case[] {
  let all: readonly Partial<Case>[] = [{}];
  for (const [name, values] of Object.entries(ALL)) {
    all = all.flatMap((each) => values.map((value) => ({ ...each, [name]: value })));
  }
  // Each has a value of every name.
  return (all as readonly Case[]).filter(({ verdict, relation, local, trusted }) => {
    if (relation === 'self') return local !== 'From alone';
    return relation !== 'nobody' || (verdict !== 'pass' && trusted === 'no' && local !== 'From alone');
  });
}

/** The rules in their order: the first whose conditions all hold decides; what it leaves out is anything. */
const RULES: readonly (readonly [Judgement['kind'], { readonly [name in keyof Case]?: readonly Case[name][] }])[] = [
  ['refuse', { local: ['claimed, has the UID'] }],
  ['take', { method: ['REPLY', 'REFRESH', 'COUNTER'], token: ['of who speaks'] }],
  ['refuse', { verdict: ['fail'] }],
  ['refuse', { verdict: ['none'], local: ['claimed', 'From alone'] }],
  ['take', { verdict: ['pass'], relation: ['self', 'sent by, one house'] }],
  ['take', { relation: ['sent by, elsewhere'], trusted: ['address'] }],
  ['refuse', { local: ['claimed'] }],
  ['tray', { relation: ['another', 'nobody', 'sent by, elsewhere'] }],
  ['take', { trusted: ['address', 'domain'] }],
  ['tray', {}],
];

function expected(each: Case): Judgement['kind'] | undefined {
  const holds = (conditions: (typeof RULES)[number][1]): boolean =>
    Object.entries(conditions).every(([name, values]) =>
      (values as readonly string[]).includes(each[name as keyof Case]),
    );
  return RULES.find(([, conditions]) => holds(conditions))?.[0];
}

function questionOf({ method, verdict, token, relation, local, trusted }: Case): SenderQuestion {
  const isClaimed = local.startsWith('claimed');
  const speaker = isClaimed ? 'ann@here.example' : 'ann@far.example';
  const house = speaker.slice(speaker.indexOf('@'));
  const from = {
    ...{ self: speaker, 'sent by, one house': `sec${house}`, 'sent by, elsewhere': 'sec@other.example' },
    ...{ another: 'mallory@evil.example', nobody: undefined },
  }[relation];
  const by = relation.startsWith('sent by') ? `;SENT-BY="mailto:${from}"` : '';
  const here = [...(isClaimed ? [speaker] : []), ...(local === 'From alone' ? [from] : [])];
  const tokens = {
    ...{ no: undefined, 'of who speaks': { uid: 'm', recipient: `mailto:${speaker}` } },
    'of another': { uid: 'm', recipient: 'mailto:eve@far.example' },
    'of another UID': { uid: 'n', recipient: `mailto:${speaker}` },
  };
  const trust = { no: [], address: [from ?? ''], domain: [`@${from?.split('@')[1]}`] }[trusted];
  return {
    message: messageOf(method, [`${by}:mailto:${speaker}`]),
    verdict: { result: verdict, from, reason: 'as it is' },
    ...{ token: tokens[token], trusted: new Set(trust) },
    isLocal: (address) => here.some((each) => address === `mailto:${each}`),
    hasUid: (address) => local === 'claimed, has the UID' && address === `mailto:${speaker}`,
  };
}

describe('in every combination of method, verdict, token, From, this server’s addresses and trust', () => {
  const all = cases();

  test.each(METHODS)('%s is taken, waits or is refused as the rules say', (method) => {
    const wrong = all
      .filter((each) => each.method === method)
      .filter((each) => judgeSender(questionOf(each)).kind !== expected(each));
    expect(wrong).toEqual([]);
  });

  test('all of them are asked, and each rule decides some', () => {
    // 12 of verdict and token: with 9 of himself, 36 of three relations; 24 of nobody.
    expect(all.length).toBe(METHODS.length * (12 * 9 + 12 * 36 + 24));
    expect(new Set(all.map(expected))).toEqual(new Set(['take', 'tray', 'refuse']));
  });

  test('nothing is taken of which the verdict is fail, without a token', () => {
    const taken = all.filter((each) => each.verdict === 'fail' && judgeSender(questionOf(each)).kind === 'take');
    expect(taken.every(({ token }) => token === 'of who speaks')).toBe(true);
  });

  test('what is taken is taken as from whom it says it comes', () => {
    const froms = all.map((each) => judgeSender(questionOf(each)).from);
    expect(new Set(froms)).toEqual(new Set(['mailto:ann@far.example', 'mailto:ann@here.example']));
  });
});

describe('addresses', () => {
  const judge = (speaker: string, from: string, more: Partial<SenderQuestion> = {}): Judgement =>
    judgeSender({
      ...{ message: messageOf('REQUEST', [speaker]), verdict: { result: 'pass', from, reason: 'signed' } },
      ...{ trusted: new Set(), isLocal: () => false, hasUid: () => false, ...more },
    });

  test.each([
    ['in other letters', ':MAILTO:Ann@FAR.example'],
    ['percent-coded', ':mailto:%61nn%40far.example'],
    ['with what follows it', ':mailto:ann@far.example?subject=x'],
  ])('are the same %s', (_, speaker) => {
    expect(judge(speaker, 'ann@far.example')).toMatchObject({ kind: 'take' });
  });

  test('of a domain in another script are those of its A-labels', () => {
    expect(judge(':mailto:ann@bücher.example', 'ann@xn--bcher-kva.example')).toMatchObject({ kind: 'take' });
  });

  test('that only look alike are others, and shown as what they are', () => {
    expect(judge(':mailto:ann@cоrp.example', 'mallory@evil.example')).toEqual({
      ...{ kind: 'tray', from: 'mailto:ann@cоrp.example' },
      reason: 'It is from mallory@evil.example, and says that it is from ann@xn--crp-sed.example',
    });
    expect(judge(':mailto:ann@corp.example', 'ann@xn--crp-sed.example')).toMatchObject({ kind: 'tray' });
  });

  test('that are none of mail are nobody’s', () => {
    expect(judge(':urn:uuid:5e8a', 'ann@far.example')).toMatchObject({ kind: 'tray' });
  });

  test('of one provider for everybody are strangers, whatever SENT-BY says', () => {
    const speaker = ';SENT-BY="mailto:mallory@gmail.com":mailto:ann@gmail.com';
    expect(judge(speaker, 'mallory@gmail.com')).toMatchObject({ kind: 'tray' });
  });
});

test('of a proposal that names all who are invited, who has sent it is the one who proposes', () => {
  const speakers = [';SENT-BY="mailto:eve@far.example":mailto:ann@far.example', ':mailto:eve@far.example'];
  const question = { trusted: new Set<string>(), isLocal: () => false, hasUid: () => false };
  const verdict = { result: 'pass', from: 'eve@far.example', reason: 'signed' } as const;
  const message = messageOf('COUNTER', speakers);
  expect(judgeSender({ ...question, message, verdict })).toMatchObject({
    kind: 'take',
    from: 'mailto:eve@far.example',
  });
});

test('when people are busy is not asked for by mail', () => {
  const text = ics(
    ...['METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:f', 'DTSTAMP:20260302T080000Z', 'ORGANIZER:mailto:ann@far.example'],
    ...['ATTENDEE:mailto:me@here.example', 'DTSTART:20260302T000000Z', 'DTEND:20260303T000000Z', 'END:VFREEBUSY'],
  );
  const reading = readMessage(parseCalendars(Buffer.from(text)).calendars[0]!);
  if ('fault' in reading) throw new Error(reading.fault);
  const verdict = { result: 'pass', from: 'ann@far.example', reason: 'signed' } as const;
  const judged = judgeSender({
    ...{ message: reading.message, verdict, trusted: new Set<string>(), isLocal: () => false, hasUid: () => true },
  });
  expect(judged).toMatchObject({ kind: 'refuse' });
});
