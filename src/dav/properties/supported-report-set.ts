import { property } from '../property.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';
import { el } from '../xml/write.ts';

/** DAV:supported-report-set, RFC 3253 §3.1.5: what the registry has for this kind of resource. */
export const supportedReportSet = property({
  name: dav('supported-report-set'),
  on: ALL_KINDS,
  get({ kind }, { reports }) {
    const names = [...reports].filter(([, { on }]) => on.includes(kind)).map(([name]) => name);
    return el(
      dav('supported-report-set'),
      ...names.map((name) => el(dav('supported-report'), el(dav('report'), el(name)))),
    );
  },
});
