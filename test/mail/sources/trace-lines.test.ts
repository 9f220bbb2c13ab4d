import { expect, test } from 'vitest';

import { traceLinesOf, tracedRecipients } from '../../../src/mail/sources/trace-lines.ts';

const headers = (...lines: readonly string[]): Buffer =>
  Buffer.from([...lines, '', 'To: body@here.example'].join('\r\n'));
const isHere = (address: string): Promise<boolean> => Promise.resolve(address.toLowerCase().endsWith('@here.example'));

test('all trace lines are read, also folded ones, and each address once in any case', () => {
  const traced = traceLinesOf(
    headers(
      ...['Return-Path: <Ann@there.example>', 'Delivered-To: bob@here.example', 'X-Original-To: BOB@here.example'],
      ...['Envelope-To: carol@here.example,', '\tdan@here.example', 'to: "A, B" <a@here.example>, G: e@here.example;'],
      ...['CC: <f@here.example>', 'Subject: To: no@here.example'],
    ),
  );
  expect(traced).toEqual({
    from: 'Ann@there.example',
    deliveredTo: ['bob@here.example', 'carol@here.example', 'dan@here.example'],
    to: ['a@here.example', 'e@here.example', 'f@here.example'],
  });
});

test('the null sender, and none at all, are the same', () => {
  expect(traceLinesOf(headers('Return-Path: <>')).from).toBe('');
  expect(traceLinesOf(headers('Subject: x')).from).toBe('');
});

test('To counts only where the trace lines name nobody here', async () => {
  const both = traceLinesOf(headers('Delivered-To: bob@here.example', 'To: carol@here.example'));
  expect(await tracedRecipients(both, isHere, 10)).toEqual(['bob@here.example']);
  const mailbox = traceLinesOf(
    headers('Delivered-To: box@provider.example', 'To: x@there.example, carol@here.example'),
  );
  expect(await tracedRecipients(mailbox, isHere, 10)).toEqual(['carol@here.example']);
});

test('recipients are bounded, and so is what is looked at', async () => {
  const many = Array.from({ length: 3000 }, (_, at) => `To: u${at}@there.example`);
  const traced = traceLinesOf(headers(...many, ...['a', 'b', 'c'].map((each) => `Delivered-To: ${each}@here.example`)));
  expect(await tracedRecipients(traced, isHere, 2)).toHaveLength(2);
  let asked = 0;
  const nobody = (): Promise<boolean> => Promise.resolve(++asked < 0);
  expect(await tracedRecipients({ ...traced, deliveredTo: [] }, nobody, 2)).toEqual([]);
  expect(asked).toBe(1000);
});
