import { type Action, optional } from '../action.ts';
import { problem } from '../problem.ts';
import { SYNC_TOKEN, zoneSummaries } from '../zone-data.ts';

/** RFC 7808 §5.2: the zones, or those that changed since a token; of a token that is not known, all. */
export const list: Action = {
  name: 'list',
  template: '/zones{?changedsince}',
  parameters: [optional('changedsince')],
  path: /^\/zones$/,
  run({ query }) {
    const [since, second] = query.getAll('changedsince');
    if (second !== undefined) return problem('invalid-changedsince');
    const isUpToDate = since === SYNC_TOKEN;
    const etag = `${SYNC_TOKEN}${isUpToDate ? '-none' : ''}`;
    return { body: { synctoken: SYNC_TOKEN, timezones: isUpToDate ? [] : zoneSummaries() }, etag };
  },
};
