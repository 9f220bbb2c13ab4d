import { accessControlList, principalsIn } from '../../calendar/access-control.ts';
import { principalResource, requireDepthZero } from '../principal-scope.ts';
import { proxiesOf } from '../proxy.ts';
import { parsePropRequest, type PropRequest } from '../prop-request.ts';
import { responsesInSlices } from '../propstats.ts';
import { report, type ReportRequest } from '../report.ts';
import { COLLECTION_KINDS, type ResourceOf } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { dav } from '../xml/names.ts';

const ON = [...COLLECTION_KINDS, 'object'] as const;

/** DAV:acl-principal-prop-set, RFC 3744 §9.2: properties of everybody that the DAV:acl names, the owner and its proxies first. */
export const aclPrincipalPropSet = report({
  name: dav('acl-principal-prop-set'),
  on: ON,
  privilege: 'read-acl',
  parse(body, request): PropRequest {
    requireDepthZero(request);
    return parsePropRequest(body) ?? { kind: 'prop', names: [] };
  },
  run: (asked, resource, request) => ({ kind: 'multistatus', responses: responses(asked, resource, request) }),
});

async function* responses(
  asked: PropRequest,
  { owner, collection }: ResourceOf<(typeof ON)[number]>,
  request: ReportRequest,
): AsyncGenerator<DavResponse, void> {
  const { context } = request;
  const named = await principalsIn(context.calendar, await accessControlList(context.calendar, collection));
  const others = [...named.values()].filter(({ id }) => id !== owner.id);
  const resources = [
    principalResource(owner, context),
    ...proxiesOf(owner, context),
    ...others.map((principal) => principalResource(principal, context)),
  ];
  yield* responsesInSlices(resources, asked, request);
}
