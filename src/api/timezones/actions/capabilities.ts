import { tzdataRelease } from '../../../ical/timezone-table.ts';
import { type Action, TIMEZONES_ROOT } from '../action.ts';
import { PUBLISHER, SYNC_TOKEN } from '../zone-data.ts';
import { FORMATS } from '../zone-format.ts';

/**
 * RFC 7808 §5.1: what the service can do, and the release of IANA's data that it has. The context path itself answers
 * it too, for people.
 */
export const capabilities: Action = {
  name: 'capabilities',
  template: '/capabilities',
  parameters: [],
  path: /^(?:\/capabilities)?$/,
  run: ({ actions }) => ({
    body: {
      version: 1,
      info: {
        'primary-source': `${PUBLISHER}:${tzdataRelease}`,
        formats: FORMATS.map(({ type }) => type),
        truncated: { any: true, untruncated: true },
      },
      actions: actions.map(({ name, template, parameters }) => ({
        name,
        'uri-template': `${TIMEZONES_ROOT}${template}`,
        parameters,
      })),
    },
    etag: SYNC_TOKEN,
  }),
};
