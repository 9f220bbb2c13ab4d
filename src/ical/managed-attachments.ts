import type { Steps } from '../base/steps.ts';
import { paramOf, propertiesOf, type Component, type Property } from './component.ts';
import { subjectsOf } from './instance-targets.ts';
import { splicingLines, type LineEdit } from './splice-lines.ts';
import { foldLine, unfolded } from './write.ts';

/** What an ATTACH property says of an attachment that the server keeps (RFC 8607 §4). */
export interface ManagedAttachment {
  readonly id: string;
  /** Where it is fetched from. */
  readonly url: string;
  /** A media type without parameters. */
  readonly type: string;
  readonly filename: string;
  /** Octets. */
  readonly size: number;
}

/** The ATTACH properties of components that name a managed attachment, or the one of an id. */
const managed = (components: readonly Component[], id?: string): readonly Property[] =>
  components
    .flatMap((component) => propertiesOf(component, 'ATTACH'))
    .filter((property) => {
      const named = paramOf(property, 'MANAGED-ID');
      return named !== undefined && (id === undefined || named === id);
    });

/** The ids that MANAGED-ID parameters of these components name (RFC 8607 §4.3), each once. */
export const managedIdsIn = (components: readonly Component[]): ReadonlySet<string> =>
  new Set(managed(components).map((property) => paramOf(property, 'MANAGED-ID') ?? ''));

/** Those of a whole object. */
export const managedIds = (calendar: Component): ReadonlySet<string> => managedIdsIn(subjectsOf(calendar));

/** Attachments' URLs end so: `attachments/` and an id of base/ids.ts. */
const OWN_URL = /\/attachments\/([0-9a-hjkmnp-tv-z]{26})$/;

/** The ids that managedIds gives, and those of ATTACH properties that have lost their parameters but not their URL. */
export function linkedIds(calendar: Component): ReadonlySet<string> {
  const ids = new Set(managedIds(calendar));
  for (const component of subjectsOf(calendar)) {
    for (const { value } of propertiesOf(component, 'ATTACH')) {
      const id = OWN_URL.exec(value)?.[1];
      if (id !== undefined) ids.add(id);
    }
  }
  return ids;
}

/** The most managed attachments that one of these components has. */
export const mostAttachments = (components: readonly Component[]): number =>
  components.reduce((most, component) => Math.max(most, managed([component]).length), 0);

/** The octets with a managed attachment in each of some components (RFC 8607 §3.4). */
export function addingAttachment(
  octets: Uint8Array,
  components: readonly Component[],
  attachment: ManagedAttachment,
): Steps<Uint8Array> {
  const text = attachLine(attachment);
  const edits = components.map(({ properties, line }): LineEdit => ({
    line: properties.at(-1)?.line ?? line,
    how: 'behind',
    text,
  }));
  return splicingLines(octets, edits);
}

/** The octets with another attachment wherever the one of an id was in some components (RFC 8607 §3.5). */
export function updatingAttachment(
  octets: Uint8Array,
  components: readonly Component[],
  { id, by }: { readonly id: string; readonly by: ManagedAttachment },
): Steps<Uint8Array> {
  return splicingLines(octets, editsOf(components, id, attachLine(by)));
}

/** The octets without the attachment of an id in some components (RFC 8607 §3.6). */
export function removingAttachment(
  octets: Uint8Array,
  components: readonly Component[],
  id: string,
): Steps<Uint8Array> {
  return splicingLines(octets, editsOf(components, id, ''));
}

const editsOf = (components: readonly Component[], id: string, text: string): readonly LineEdit[] =>
  managed(components, id).map(({ line }) => ({ line, how: 'replace', text }));

function attachLine({ id, url, type, filename, size }: ManagedAttachment): string {
  const params = new Map([
    ['MANAGED-ID', [id]],
    ['FMTTYPE', [type]],
    ['FILENAME', [filename]],
    ['SIZE', [String(size)]],
  ]);
  return foldLine(unfolded({ name: 'ATTACH', params, value: url }));
}
