import { caldav } from './xml/names.ts';
import type { Xml } from './xml/node.ts';
import { el, elWith } from './xml/write.ts';

/** CALDAV:supported-calendar-component-set with a CALDAV:comp for each name (RFC 4791 §5.2.3). */
export function componentSet(names: readonly string[]): Xml {
  const comps = names.map((name) => elWith(caldav('comp'), { name }));
  return el(caldav('supported-calendar-component-set'), ...comps);
}
