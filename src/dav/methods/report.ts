import { BadRequest, Refusal } from '../../base/refusal.ts';
import { requirePrivilege } from '../../calendar/access.ts';
import { createTurns, inTurns } from '../../base/turns.ts';
import { formatting, negotiated } from '../calendar-format.ts';
import { parseDepth } from '../depth.ts';
import type { DavAnswer, Method } from '../method.ts';
import { multistatusAnswer } from '../multistatus-answer.ts';
import { readQuestion } from '../read-xml.ts';
import type { ReportAnswer } from '../report.ts';
import { REPORTS } from '../reports/index.ts';
import { ALL_KINDS } from '../resource.ts';
import { dav } from '../xml/names.ts';

/**
 * REPORT, RFC 3253 §3.6: the root element names the report; its registration says on which kinds of resource it
 * works and which privilege it needs. Can raise: supported-report, need-privileges, and what each report raises.
 */
export const report: Method = {
  name: 'REPORT',
  on: ALL_KINDS,
  async run(request) {
    const { target, path, context, preferences, headers } = request;
    const body = await readQuestion(request);
    if (body === undefined) throw new BadRequest('A REPORT needs a body');
    const known = REPORTS.get(body.name);
    const isAnswered = known !== undefined && target.kind !== 'missing' && known.on.includes(target.kind);
    // Who has only free-busy here does not learn from the refusal what there is.
    if (!isAnswered) requirePrivilege(target.privileges, 'read', path);
    if (known === undefined) throw new Refusal('supported-report', `${body.name} is not a report of this server`);
    requirePrivilege(target.privileges, known.privilege, path);
    if (target.kind === 'missing') throw new BadRequest('There is no such resource', { status: 404 });
    if (!known.on.includes(target.kind)) {
      throw new Refusal('supported-report', `${body.name} is not a report of this resource`);
    }
    const depth = headers.depth === undefined ? undefined : parseDepth(headers.depth, 0);
    const answer = await known.answer(body, target, { context, depth, preferences });
    if (answer.kind === 'body') {
      return { status: 200, ...(await asAccepted(answer, headers.accept)) };
    }
    const multistatus = await multistatusAnswer(request, answer.responses, answer.tail);
    // What U6 calls a sync: the answer after which the client has what there is.
    return { ...multistatus, synced: body.name === dav('sync-collection') };
  },
};

/** A body of iCalendar in the format that the client would rather have. */
async function asAccepted(
  { contentType, body }: Extract<ReportAnswer, { kind: 'body' }>,
  accept: string | undefined,
): Promise<Pick<Required<DavAnswer>, 'headers' | 'body'>> {
  const { format, data } = await inTurns(formatting(body, negotiated(accept)), createTurns());
  return { headers: { 'Content-Type': format.form ? format.contentType : contentType, Vary: 'Accept' }, body: data };
}
