import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A mailbox of a very small IMAP server (RFC 9051), for one user, with what Kalends asks of one. */
export interface FakeMailbox {
  readonly port: number;
  /** Mails by their UIDs. */
  readonly inbox: Map<number, string>;
  readonly done: Map<number, string>;
  /** Keywords of mails, by UID. */
  readonly keywords: Map<number, string>;
  /** UIDs that are marked as deleted, and still there. */
  readonly deleted: Set<number>;
  /** Capabilities that it does not have, and commands that it does not do. */
  readonly lacks: Set<string>;
  /** UIDs whose FETCH fails. */
  readonly poisoned: Set<number>;
  /** UIDs of each FETCH, in order. */
  readonly fetched: number[];
  /** Log-ins so far, and those that were refused. */
  readonly logins: string[];
  readonly refused: string[];
  /** A new mail; who waits by IDLE is told. */
  arrive(uid: number, mail: string): void;
  /** Cuts all connections. */
  cut(): void;
  /** Refuses all log-ins from now on, or no more. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

export async function startFakeMailbox(): Promise<FakeMailbox> {
  const sockets = new Set<Socket>();
  const state = { isRefusing: false };
  const box = {
    ...{ inbox: new Map<number, string>(), done: new Map<number, string>(), keywords: new Map<number, string>() },
    ...{
      poisoned: new Set<number>(),
      deleted: new Set<number>(),
      lacks: new Set<string>(),
      fetched: [] as number[],
      logins: [] as string[],
      refused: [] as string[],
    },
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    serve(socket, box, state);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    ...box,
    port: (server.address() as AddressInfo).port,
    arrive(uid, mail) {
      box.inbox.set(uid, mail);
      for (const socket of sockets) socket.write(`* ${box.inbox.size} EXISTS\r\n`);
    },
    cut,
    refuse: (isRefusing) => void (state.isRefusing = isRefusing),
    async close() {
      cut();
      await once(server.close(), 'close');
    },
  };
}

type Box = Pick<
  FakeMailbox,
  'inbox' | 'done' | 'keywords' | 'deleted' | 'lacks' | 'poisoned' | 'fetched' | 'logins' | 'refused'
>;

const capabilitiesOf = ({ lacks }: Box): string =>
  ['IMAP4rev1', 'IDLE', 'UIDPLUS', 'MOVE'].filter((each) => !lacks.has(each)).join(' ');

function serve(socket: Socket, box: Box, state: { isRefusing: boolean }): void {
  let idle: string | undefined;
  const write = (...lines: readonly string[]): void => void socket.write(lines.map((line) => `${line}\r\n`).join(''));
  write(`* OK [CAPABILITY ${capabilitiesOf(box)}] ready`);
  createInterface({ input: socket }).on('line', (line) => {
    if (line.toUpperCase() === 'DONE') {
      write(`${idle} OK done`);
      return;
    }
    const [tag = '', ...rest] = line.split(' ');
    const command = rest.join(' ');
    const verb = /^(?:UID )?[A-Z]+/i.exec(command)?.[0].toUpperCase() ?? '';
    if (verb === 'IDLE') {
      idle = tag;
      write('+ idling');
    } else if (verb === 'LOGIN' && state.isRefusing) {
      box.refused.push(command);
      write(`${tag} NO [AUTHENTICATIONFAILED] no`);
    } else {
      const answer = answerTo(verb, command, box);
      if (answer === undefined) write(`${tag} NO not possible`);
      else write(...answer, `${tag} OK done`);
      if (verb === 'LOGOUT') socket.end();
    }
  });
}

/** The untagged lines; undefined: NO. */
function answerTo(verb: string, command: string, box: Box): readonly string[] | undefined {
  const uid = Number(/^UID \w+ (\d+)/i.exec(command)?.[1] ?? 0);
  if (verb === 'LOGIN') box.logins.push(command);
  if (verb === 'CAPABILITY') return [`* CAPABILITY ${capabilitiesOf(box)}`];
  if (verb === 'LIST' || verb === 'LSUB') return [`* ${verb} () "/" INBOX`];
  if (verb === 'CREATE') return undefined;
  if (verb === 'SELECT') return selected(box);
  if (verb === 'UID SEARCH') return [`* SEARCH ${unflagged(box).join(' ')}`];
  if (verb === 'UID FETCH') return fetched(uid, Number(/<0\.(\d+)>/.exec(command)?.[1] ?? Infinity), box);
  if (verb === 'UID MOVE') return move(uid, box);
  if (verb === 'UID COPY') return copy(uid, box);
  if (verb === 'UID STORE' && command.includes('\\Deleted')) {
    box.deleted.add(uid);
    return [];
  }
  if (verb === 'UID EXPUNGE' || verb === 'EXPUNGE') return expunge(verb === 'EXPUNGE' ? undefined : uid, box);
  if (verb === 'UID STORE') box.keywords.set(uid, /\(([^)]*)\)/.exec(command)?.[1] ?? '');
  if (verb === 'LOGOUT') return ['* BYE'];
  return [];
}

const selected = ({ inbox }: Box): readonly string[] => [
  `* ${inbox.size} EXISTS`,
  '* FLAGS (\\Seen \\Deleted)',
  '* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] all',
  '* OK [UIDVALIDITY 7] valid',
  '* OK [UIDNEXT 100] next',
];

const unflagged = ({ inbox, keywords, deleted }: Box): readonly number[] =>
  [...inbox.keys()].filter((uid) => !keywords.has(uid) && !deleted.has(uid)).toReversed();

function copy(uid: number, { inbox, done, lacks }: Box): readonly string[] | undefined {
  const mail = inbox.get(uid);
  if (lacks.has('COPY')) return undefined;
  if (mail !== undefined) done.set(uid, mail);
  return [];
}

/** One of those that are marked, or all. */
function expunge(uid: number | undefined, { inbox, deleted }: Box): readonly string[] {
  const gone = [...deleted].filter((each) => uid === undefined || each === uid);
  return gone.map((each) => {
    const seq = seqOf(each, inbox);
    deleted.delete(each);
    inbox.delete(each);
    return `* ${seq} EXPUNGE`;
  });
}

function fetched(uid: number, most: number, { inbox, poisoned, fetched: asked }: Box): readonly string[] | undefined {
  asked.push(uid);
  if (poisoned.has(uid)) return undefined;
  const mail = inbox.get(uid)?.slice(0, most);
  if (mail === undefined) return [];
  const seq = seqOf(uid, inbox);
  return [`* ${seq} FETCH (UID ${uid} BODY[]<0> {${Buffer.byteLength(mail)}}\r\n${mail})`];
}

const seqOf = (uid: number, inbox: FakeMailbox['inbox']): number => [...inbox.keys()].indexOf(uid) + 1;

function move(uid: number, { inbox, done }: Box): readonly string[] {
  const mail = inbox.get(uid);
  if (mail === undefined) return [];
  const seq = seqOf(uid, inbox);
  done.set(uid, mail);
  inbox.delete(uid);
  return [`* ${seq} EXPUNGE`];
}
