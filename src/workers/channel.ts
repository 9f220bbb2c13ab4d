import { BadRequest } from '../base/refusal.ts';

/** Sends to another process of this server, and hears what comes from it. */
export interface Wire {
  send(message: Message): void;
  listen(listener: (message: unknown) => void): void;
}

export type Message =
  | { readonly ask: string; readonly id: number; readonly value: unknown }
  | { readonly answer: number; readonly value: unknown }
  | { readonly refuse: number; readonly reason: Reason };

/** An error as it travels. */
export interface Reason {
  readonly message: string;
  /** Of an error of the system, so that it is told as one. */
  readonly code?: string;
  readonly syscall?: string;
  /** Of a BadRequest, which stays one. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Questions by name, with what answers them. */
type Questions<Q> = { readonly [K in keyof Q]: (value: never) => unknown };
type ValueOf<F> = F extends (value: infer V) => unknown ? V : undefined;
type AnswerOf<F> = F extends (value: never) => infer A ? Awaited<A> : never;

/** The end of a channel at which the questions of `Asked` are asked. */
export interface Channel<Asked> {
  /** Rejects with what the other process threw, or when the channel ends. */
  ask<K extends keyof Asked & string>(question: K, ...value: ArgumentsOf<Asked[K]>): Promise<AnswerOf<Asked[K]>>;
  /** Nothing comes any more. */
  end(reason: string): void;
}

type ArgumentsOf<F> = F extends () => unknown ? [] : [value: ValueOf<F>];

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Questions and answers over a wire. Both ends are one program, so that what comes has the type of what was sent. */
export function createChannel<Asked, Answered extends Questions<Answered>>(
  wire: Wire,
  answers: Answered,
): Channel<Asked> {
  const waiting = new Map<number, Waiting>();
  const table = new Map(Object.entries<(value: never) => unknown>({ ...answers }));
  let count = 0;
  let ended: string | undefined;
  const reply = async (question: string, id: number, value: unknown): Promise<void> => {
    try {
      const answer = table.get(question);
      if (answer === undefined) throw new TypeError(`Nobody answers ${question}`);
      // Sent by `ask` of the same table.
      wire.send({ answer: id, value: await answer(value as never) });
    } catch (error) {
      wire.send({ refuse: id, reason: reasonOf(error) });
    }
  };
  wire.listen((given) => {
    if (!isMessage(given)) return;
    if ('ask' in given) {
      void reply(given.ask, given.id, given.value);
      return;
    }
    const id = 'answer' in given ? given.answer : given.refuse;
    const asker = waiting.get(id);
    waiting.delete(id);
    if ('answer' in given) asker?.resolve(given.value);
    else asker?.reject(errorOf(given.reason));
  });
  return {
    ask<K extends keyof Asked & string>(question: K, ...[value]: ArgumentsOf<Asked[K]>) {
      // The answer to this question, as the table of the other end has it.
      return new Promise<unknown>((resolve, reject) => {
        if (ended !== undefined) return reject(new Error(ended));
        const id = (count += 1);
        waiting.set(id, { resolve, reject });
        wire.send({ ask: question, id, value });
      }) as Promise<AnswerOf<Asked[K]>>;
    },
    end(reason) {
      ended = reason;
      for (const { reject } of waiting.values()) reject(new Error(reason));
      waiting.clear();
    },
  };
}

const isMessage = (given: unknown): given is Message =>
  typeof given === 'object' && given !== null && ['ask', 'answer', 'refuse'].some((word) => word in given);

export function reasonOf(error: unknown): Reason {
  if (error instanceof BadRequest) return { message: error.message, status: error.status, headers: error.headers };
  if (!(error instanceof Error)) return { message: String(error) };
  const { message } = error;
  return 'code' in error && 'syscall' in error
    ? { message, code: String(error.code), syscall: String(error.syscall) }
    : { message: error.stack ?? message };
}

export function errorOf({ message, status, headers = {}, ...system }: Reason): Error {
  if (status !== undefined) return new BadRequest(message, { status, headers: { ...headers } });
  return Object.assign(new Error(message), system);
}
