import type { Component } from '../../ical/component.ts';
import type { ZoneContext } from '../../ical/timezone.ts';
import type { InstanceKey } from '../../itip/instance-key.ts';
import type { MailInput } from '../outgoing.ts';
import type { Reader } from './times.ts';
import type { MailKind } from './words.ts';

/** A message that is being told to its reader. */
export interface Telling {
  readonly input: MailInput;
  readonly kind: MailKind;
  readonly reader: Reader;
  /** Of the message's own times. */
  readonly context: ZoneContext;
  /** The overrides of the message by what they are; reading them costs what the message is long. */
  readonly keys: () => ReadonlyMap<Component, InstanceKey>;
}
