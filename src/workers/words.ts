import type { Credentials } from '../auth/basic.ts';
import type { Figures } from '../http/metrics.ts';
import type { DeviceSeen } from '../store/devices.ts';
import type { Config } from '../config.ts';
import type { Reason } from './channel.ts';

/** What a worker is told when it has started. */
export interface Assignment {
  /** Its number among the workers: from 1, and that of the one that it stands in for. */
  readonly number: number;
  readonly config: Config;
  /** The Unix socket of the process that writes. */
  readonly socketPath: string;
}

/** What a worker asks the process that writes. */
export interface AskedByWorker {
  assignment(): Assignment;
  /** Whether the password is right at this moment; guesses are counted and passwords hashed in one process alone. */
  verify(question: { readonly credentials: Credentials; readonly address: string }): Promise<boolean>;
  devices(batch: readonly DeviceSeen[]): Promise<void>;
  /** Rejects where the process that writes could not. */
  ready(): Promise<void>;
  /** The worker listens. */
  listens(at: { readonly port: number; readonly url: string }): void;
  /** The worker cannot begin. */
  fails(reason: Reason): void;
}

/** What the process that writes asks a worker. */
export interface AskedOfWorker {
  /** Figures of http/metrics.ts. */
  figures(): Promise<Figures>;
  /** Finishes the requests under way, and then ends the process: there is no answer. */
  close(): Promise<void>;
}
