import type { DavServer } from '../../dav-server.ts';

export interface ReportAnswer {
  readonly status: number;
  readonly text: string;
  readonly contentType: string | undefined;
}

/** Sends a REPORT; `as` names who asks. */
export async function report(
  server: DavServer,
  path: string,
  body: string,
  { as = 'alice', ...headers }: Readonly<Record<string, string>> = {},
): Promise<ReportAnswer> {
  const answer = await server.request('REPORT', path, {
    as,
    headers: { 'content-type': 'application/xml', ...headers },
    body: `<?xml version="1.0" encoding="utf-8"?>\n${body}`,
  });
  return { status: answer.status, text: answer.body.toString(), contentType: answer.headers['content-type'] };
}

/** The DAV:response elements of a multistatus, as text. */
export function responsesIn(text: string): readonly string[] {
  return text.match(/<D:response>.*?<\/D:response>/gs) ?? [];
}

/** Href to the status of the response, or of its first propstat. */
export function statuses(text: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    responsesIn(text).map((response) => [
      /<D:href>([^<]*)</.exec(response)?.[1] ?? '',
      Number(/HTTP\/1\.1 (\d+)/.exec(response)?.[1]),
    ]),
  );
}
