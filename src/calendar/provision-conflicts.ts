import { fold } from '../store/fold.ts';
import { credentialsByLogin, findPrincipals, principalByGuid } from '../store/principals.ts';
import type { Db } from '../store/store.ts';
import type { Principal } from './model.ts';
import { canActForOthers } from './delegates.ts';
import type { PrincipalSpec, SpecProblem } from './principal-spec.ts';

/** What stands in the database against these specifications, which agree with each other. */
export async function problemsWithStored(tx: Db, specs: readonly PrincipalSpec[]): Promise<readonly SpecProblem[]> {
  const problems: SpecProblem[] = [];
  const named = new Map(specs.map((spec) => [spec.id, spec]));
  const stored = new Map((await findPrincipals(tx, idsIn(specs))).map((found) => [String(found.id), found]));
  for (const spec of specs) {
    problems.push(...(await ownProblems(tx, spec, { named, stored })), ...linkProblems(spec, { named, stored }));
  }
  return problems;
}

interface Known {
  readonly named: ReadonlyMap<string, PrincipalSpec>;
  readonly stored: ReadonlyMap<string, Principal>;
}

/** Every id that the specifications mention. */
function idsIn(specs: readonly PrincipalSpec[]): string[] {
  return specs.flatMap(({ id, members = [], delegates, autoAcceptGroup, policy }) => [
    id,
    ...members,
    ...(delegates?.read ?? []),
    ...(delegates?.write ?? []),
    ...(autoAcceptGroup === undefined ? [] : [autoAcceptGroup]),
    ...(policy?.approvers ?? []),
    ...(policy?.bookers?.people ?? []),
    ...(policy?.bookers?.groups ?? []),
  ]);
}

async function ownProblems(tx: Db, spec: PrincipalSpec, { named, stored }: Known): Promise<readonly SpecProblem[]> {
  const { id, kind, guid, emails = [], path } = spec;
  const problems: SpecProblem[] = [];
  const before = stored.get(id);
  if (before !== undefined && before.kind !== kind) {
    problems.push({ path: `${path}.id`, reason: `"${id}" is a ${before.kind} already` });
  }
  const other = guid === undefined ? undefined : await principalByGuid(tx, guid);
  if (other !== undefined && other.id !== id) {
    problems.push({ path: `${path}.guid`, reason: `"${guid}" is the guid of "${other.id}"` });
  }
  // The id and every address are log-in names.
  for (const [name, at] of [[id, 'id'], ...emails.map((email, index) => [email, `emails[${index}]`])] as const) {
    const holder = (await credentialsByLogin(tx, name ?? ''))?.principal;
    if (holder === undefined || holder.id === id || gives(named.get(holder.id), name ?? '')) continue;
    const what = fold(holder.id) === fold(name ?? '') ? 'the id' : 'an address';
    problems.push({ path: `${path}.${at ?? ''}`, reason: `"${name}" is ${what} of "${holder.id}"` });
  }
  return problems;
}

/** Whether a specification takes this address away from its principal. */
function gives(spec: PrincipalSpec | undefined, name: string): boolean {
  return spec?.emails !== undefined && fold(spec.id) !== fold(name);
}

function linkProblems(
  { id: own, path, members = [], delegates, autoAcceptGroup, policy }: PrincipalSpec,
  known: Known,
): SpecProblem[] {
  const kindOf = (id: string): Principal['kind'] | undefined => known.named.get(id)?.kind ?? known.stored.get(id)?.kind;
  const unknown = (ids: readonly string[], at: string): SpecProblem[] =>
    ids.flatMap((id, index) =>
      kindOf(id) === undefined ? [{ path: `${path}.${at}[${index}]`, reason: `there is no principal "${id}"` }] : [],
    );
  // As for who changes them through a client.
  const unable = (ids: readonly string[], at: string): SpecProblem[] =>
    ids.flatMap((id, index) => {
      const kind = kindOf(id);
      const reason = id === own ? 'nobody is a delegate of oneself' : `"${id}" is a ${kind}, which acts for nobody`;
      const isAble = kind === undefined || (id !== own && canActForOthers({ kind }));
      return isAble ? [] : [{ path: `${path}.${at}[${index}]`, reason }];
    });
  const isGroup = autoAcceptGroup === undefined || kindOf(autoAcceptGroup) === 'group';
  return [
    ...unknown(members, 'members'),
    ...unknown(policy?.approvers ?? [], 'policy.approvers'),
    ...unknown(policy?.bookers?.people ?? [], 'policy.bookers.people'),
    ...unknown(policy?.bookers?.groups ?? [], 'policy.bookers.groups'),
    ...unknown(delegates?.read ?? [], 'delegates.read'),
    ...unknown(delegates?.write ?? [], 'delegates.write'),
    ...unable(delegates?.read ?? [], 'delegates.read'),
    ...unable(delegates?.write ?? [], 'delegates.write'),
    ...(isGroup ? [] : [{ path: `${path}.autoAcceptGroup`, reason: `there is no group "${autoAcceptGroup}"` }]),
  ];
}
