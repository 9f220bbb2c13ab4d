import { accessControlList, principalsIn } from '../../calendar/access-control.ts';
import { principalResource, requireDepthZero } from '../principal-scope.ts';
import { parsePropRequest, type PropRequest } from '../prop-request.ts';
import { responsesInSlices } from '../propstats.ts';
import { report, type ReportRequest } from '../report.ts';
import type { ResourceOf } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { dav } from '../xml/names.ts';

/** DAV:acl-principal-prop-set, RFC 3744 §9.2: properties of everybody that the DAV:acl names, the owner first. */
export const aclPrincipalPropSet = report({
  name: dav('acl-principal-prop-set'),
  on: ['calendar', 'inbox', 'outbox', 'object'],
  privilege: 'read-acl',
  parse(body, request): PropRequest {
    requireDepthZero(request);
    return parsePropRequest(body) ?? { kind: 'prop', names: [] };
  },
  run: (asked, resource, request) => ({ kind: 'multistatus', responses: responses(asked, resource, request) }),
});

async function* responses(
  asked: PropRequest,
  { owner, collection }: ResourceOf<'calendar' | 'inbox' | 'outbox' | 'object'>,
  request: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const { context } = request;
  const named = await principalsIn(context.calendar, await accessControlList(context.calendar, collection));
  const principals = [...new Map([[owner.id as string, owner], ...named]).values()];
  const resources = principals.map((principal) => principalResource(principal, context));
  yield* responsesInSlices(resources, asked, request);
}
