import type { Actor } from '../auth/actor.ts';
import { childrenOf } from './children.ts';
import type { DavContext } from './property.ts';
import { COLLECTION_KINDS, isKind, type Resource } from './resource.ts';
import { text } from './xml/write.ts';

/** Members shown on one page: a calendar of many thousands is read by programs, not on this page. */
const MOST_ROWS = 1000;

/** A plain page for a person who opens a collection in a browser: its members as links, nothing that can run. */
export async function listingPage(
  resource: Resource,
  context: DavContext & { readonly actor: Actor },
): Promise<string> {
  const rows: string[] = [];
  let more = false;
  for await (const page of childrenOf(resource, context)) {
    rows.push(...page.slice(0, MOST_ROWS - rows.length).map(row));
    more = rows.length >= MOST_ROWS;
    if (more) break;
  }
  const title = text(nameOf(resource));
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body>
<h1>${title}</h1>
<p>This address is for calendar programs.</p>
<table>
${rows.join('\n')}
</table>
${more ? '<p>There is more than is shown here.</p>\n' : ''}</body>
</html>
`;
}

// Escaping for XML is escaping for HTML too: the five characters are the same.
const row = (resource: Resource): string =>
  `<tr><td><a href="${text(resource.href)}">${text(nameOf(resource))}</a></td><td>${typeOf(resource)}</td></tr>`;

const TYPES: Partial<Record<Resource['kind'], string>> = { object: 'text/calendar', card: 'text/vcard' };
const typeOf = ({ kind }: Resource): string => TYPES[kind] ?? kind;

function nameOf(resource: Resource): string {
  if (resource.kind === 'principal' || resource.kind === 'card') return resource.principal.name;
  if (resource.kind === 'object') return resource.object.name;
  if (!isKind(resource, COLLECTION_KINDS)) return resource.href;
  return resource.collection.displayname ?? (resource.collection.uri || resource.owner.name);
}
