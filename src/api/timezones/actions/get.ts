import { canonicalName, zoneByName } from '../../../ical/timezone-table.ts';
import { vtimezoneObject } from '../../../ical/vtimezone-text.ts';
import { type Action, optional } from '../action.ts';
import { spanIn } from '../instants.ts';
import { isProblem, problem } from '../problem.ts';
import { zoneTag } from '../zone-data.ts';
import { formatFor } from '../zone-format.ts';

/** Whole histories, by name; there are as many as names. */
const texts = new Map<string, string>();

/**
 * RFC 7808 §5.3: a zone as a VTIMEZONE with its whole history, or cut to any span. Under another name of it, that is
 * its TZID.
 */
export const get: Action = {
  name: 'get',
  template: '/zones{/tzid}{?start,end}',
  parameters: [optional('start'), optional('end')],
  path: /^\/zones\/(.+)$/s,
  run({ tzid, query, accept }) {
    const zone = zoneByName(tzid);
    const canonical = canonicalName(tzid);
    if (zone === undefined || canonical === undefined) return problem('tzid-not-found');
    const format = formatFor(accept);
    if (format === undefined) return problem('invalid-format');
    const span = spanIn(query);
    if (isProblem(span)) return span;
    const { start: from, end: to } = span;
    const isWhole = from === undefined && to === undefined;
    let text = isWhole ? texts.get(tzid) : undefined;
    text ??= vtimezoneObject(zone, tzid, { from, to, aliasOf: canonical === tzid ? undefined : canonical });
    if (isWhole) texts.set(tzid, text);
    return {
      body: format.write(text),
      type: `${format.type}; charset=utf-8`,
      etag: `${zoneTag(canonical)}${format.tagSuffix}`,
    };
  },
};
