import { Refusal } from '../../base/refusal.ts';
import { createTurns } from '../../base/turns.ts';
import { childrenOf } from '../children.ts';
import { parseDepth, type Depth } from '../depth.ts';
import { madeOf } from '../made-of.ts';
import type { DavRequest, Method } from '../method.ts';
import { multistatusAnswer } from '../multistatus-answer.ts';
import { parsePropfind, propNode, type PropRequest } from '../prop-request.ts';
import { calendarTimezone, calendarTimezoneAsked } from '../properties/calendar-timezone.ts';
import { responsesOf, slicesOf } from '../propstats.ts';
import { requireResource } from '../require-resource.ts';
import { ALL_KINDS, type Resource } from '../resource.ts';
import type { DavResponse } from '../xml/multistatus.ts';
import { dav } from '../xml/names.ts';
import type { XmlNode } from '../xml/node.ts';
import { readQuestion } from '../read-xml.ts';

/**
 * PROPFIND, RFC 4918 §9.1, streamed page by page. Can raise: propfind-finite-depth, need-privileges, 400, 404.
 * Infinity, which is also what a missing Depth header says, is refused on whatever has members, but for a client that
 * begins: whoever asks there who is logged in means no members, with whatever Depth.
 */
export const propfind: Method = {
  name: 'PROPFIND',
  on: ALL_KINDS,
  async run(request) {
    const resource = requireResource(request.target, 'read');
    const depth = parseDepth(request.headers.depth, 'infinity');
    const body = await readQuestion(request);
    const asked = body === undefined ? parsePropfind(undefined) : askedOf(body);
    return multistatusAnswer(request, responses(request, { resource, depth: finite(depth, resource, asked), asked }));
  },
};

/** A calendar-timezone that is asked for in another format is a property of this request alone. */
const askedOf = madeOf((body: XmlNode): PropRequest => {
  const asked = parsePropfind(body);
  const timezone = propNode(body, calendarTimezone.name);
  return timezone === undefined || timezone.attributes.size === 0
    ? asked
    : { ...asked, computed: [calendarTimezoneAsked(timezone)] };
});

function finite(depth: Depth, { kind }: Resource, asked: PropRequest): Depth {
  // Of a principal, all that is below it is one level down.
  if (depth !== 'infinity' || ['object', 'principal', 'proxy', 'card'].includes(kind)) return depth;
  if ((kind === 'root' || kind === 'dav-root') && isDiscovery(asked)) return 0;
  throw new Refusal('propfind-finite-depth', 'Ask with Depth: 0 or 1');
}

/** The question of a client that knows only the server's name (RFC 6764 §6). */
const isDiscovery = (asked: PropRequest): boolean =>
  asked.kind === 'prop' && asked.names.includes(dav('current-user-principal'));

interface Listing {
  readonly resource: Resource;
  readonly depth: Depth;
  readonly asked: PropRequest;
}

async function* responses(
  { context, preferences }: DavRequest,
  { resource, depth, asked }: Listing,
): AsyncGenerator<readonly DavResponse[], void> {
  // RFC 8144 §4: depth-noroot leaves the resource itself out.
  if (depth === 0 || !preferences.noroot) yield await responsesOf([resource], asked, context, preferences);
  if (depth === 0) return;
  const turns = createTurns();
  for await (const page of childrenOf(resource, context)) {
    for (const slice of slicesOf(page, asked)) {
      if (turns.isDue()) await turns.take();
      yield await responsesOf(slice, asked, context, preferences);
    }
  }
}
