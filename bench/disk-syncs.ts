/**
 * Commits that waited for the disk since the server started, as it counts them itself: `syncs` of its group commit.
 * NaN where the database counts them (PostgreSQL), which no target is judged by.
 */
export async function diskSyncs(url: string): Promise<number> {
  const answer = await fetch(new URL('/metrics', url));
  if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}`);
  const found = /^kalends_(?:\w+_)?syncs(?:_total)? (\d+)/m.exec(await answer.text());
  return found === null ? Number.NaN : Number(found[1]);
}
