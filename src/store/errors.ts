/** A principal, or an address of it, cannot be saved because another one stands in the way. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
  /** The field that is in conflict: id, kind, guid, emails, members, delegates. */
  readonly field: StoreConflictField;
  constructor(field: StoreConflictField, message: string, options?: ErrorOptions) {
    super(message, options);
    this.field = field;
  }
}

export type StoreConflictField = 'id' | 'kind' | 'guid' | 'emails' | 'members' | 'delegates';

/** The database cannot do what was asked, for a reason that its operator can act on: the message tells how. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /** Whether trying again later can help. */
  readonly temporary: boolean;
  constructor(message: string, { temporary, ...options }: ErrorOptions & { temporary: boolean }) {
    super(message, options);
    this.temporary = temporary;
  }
}
