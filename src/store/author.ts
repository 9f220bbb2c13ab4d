/** By what way a change came in. */
export type Origin = 'client' | 'import' | 'repair' | 'restore' | 'provision' | 'job' | 'scheduling';

/** Who made a change, and with what. */
export interface Author {
  /** undefined: nobody who logged in, but the machine's administrator, or the server itself. */
  readonly principalId: string | undefined;
  /** A credential and a user agent (U6); undefined for the command line and for jobs. */
  readonly deviceId: string | undefined;
  readonly origin: Origin;
}

/** As columns of a row, which begin with `prefix`. */
export function authorColumns<P extends string>(
  prefix: P,
  author: Author | undefined,
): Record<`${P}_by` | `${P}_device` | `${P}_origin`, string | null> {
  const columns = {
    [`${prefix}_by`]: author?.principalId ?? null,
    [`${prefix}_device`]: author?.deviceId ?? null,
    [`${prefix}_origin`]: author?.origin ?? null,
  };
  // The keys were just made of the prefix.
  return columns as Record<`${P}_by` | `${P}_device` | `${P}_origin`, string | null>;
}

/** The author of three columns; undefined: written before authors were kept, or by the server itself. */
export function toAuthor(by: string | null, device: string | null, origin: string | null): Author | undefined {
  if (origin === null) return undefined;
  // Written from an Author.
  return { principalId: by ?? undefined, deviceId: device ?? undefined, origin: origin as Origin };
}
