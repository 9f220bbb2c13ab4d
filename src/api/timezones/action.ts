import type { Problem } from './problem.ts';

/** Where the service lives: its context path (RFC 7808 §4.2.1). */
export const TIMEZONES_ROOT = '/timezones';

/** A parameter of an action, as "capabilities" tells it (RFC 7808 §6.1). */
export interface ActionParameter {
  readonly name: string;
  readonly required: boolean;
  readonly multi: boolean;
}

/** One request, with what the action's path names. */
export interface ActionRequest {
  /** The identifier that the path holds; empty where the action's path holds none. */
  readonly tzid: string;
  /** Decoded; each parameter is there as often as it was sent. */
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  /** Every action of the service. */
  readonly actions: readonly Action[];
}

export interface ActionAnswer {
  /** A string is sent as it is, anything else as JSON. */
  readonly body: unknown;
  /** Media type of a string. */
  readonly type?: string;
  /** Opaque, without quotes; strong. */
  readonly etag: string;
}

/** An action of the time zone data distribution service (RFC 7808 §5). */
export interface Action {
  readonly name: string;
  /** Below the context path, as an RFC 6570 template. */
  readonly template: string;
  readonly parameters: readonly ActionParameter[];
  /** What follows the context path, matched whole; its first group is the identifier. */
  readonly path: RegExp;
  /** Which of the actions of one path is meant; without it, any request. */
  readonly when?: (query: URLSearchParams) => boolean;
  run(request: ActionRequest): ActionAnswer | Problem;
}

export const optional = (name: string): ActionParameter => ({ name, required: false, multi: false });
export const required = (name: string): ActionParameter => ({ name, required: true, multi: false });
