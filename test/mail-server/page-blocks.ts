import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../live-server.ts';

/** The block of docs/mail.md whose first line is `# NAME`: what people are told to write is what is tried here. */
export function blockOf(name: string): string {
  const page = readFileSync(join(ROOT, 'docs/mail.md'), 'utf8');
  const block = [...page.matchAll(/^```\w*\n# (.*)\n([^]*?)^```$/gm)].find(([, first]) => first === name);
  if (block?.[2] === undefined) throw new Error(`docs/mail.md has no block "# ${name}"`);
  return block[2];
}

/** The block with other names in it; each has to occur. */
export function blockWith(name: string, replace: Readonly<Record<string, string>>): string {
  return Object.entries(replace).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the block "# ${name}" of docs/mail.md has no "${from}"`);
    return text.replaceAll(from, to);
  }, blockOf(name));
}
