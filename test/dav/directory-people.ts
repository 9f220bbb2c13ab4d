import { savePrincipal, setMembers, type PrincipalSpec } from '../../src/store/principals.ts';
import { startDavServer, type DavServer, type DavServerOptions } from '../dav-server.ts';

export const BOOK = '/dav/addressbooks/directory/';

/** Saves principals as provisioning does; `members` are those of a group. */
export async function savePeople(
  { context, time }: DavServer,
  ...specs: readonly (PrincipalSpec & { readonly members?: readonly string[] })[]
): Promise<void> {
  await context.store.write(async (tx) => {
    for (const { members, ...spec } of specs) {
      await savePrincipal(tx, spec, time.now);
      if (members !== undefined) await setMembers(tx, spec.id, members, time.now);
    }
  });
}

export const GUIDS = {
  ada: '11111111-50a5-4d4a-9e1d-2b9f5a2b7c11',
  room: '22222222-50a5-4d4a-9e1d-2b9f5a2b7c11',
  team: '33333333-50a5-4d4a-9e1d-2b9f5a2b7c11',
} as const;

/** A server with alice and bob, who log in, and Ada, a room and a group with Ada and the room in it. */
export async function startWithPeople(options: DavServerOptions = {}): Promise<DavServer> {
  const server = await startDavServer(options);
  await savePeople(
    server,
    { id: 'ada', kind: 'user', guid: GUIDS.ada, name: 'Ada Müller', emails: ['ada@example.org', 'am@example.org'] },
    { id: 'big room', kind: 'room', guid: GUIDS.room, name: 'Big Room' },
    { id: 'team', kind: 'group', guid: GUIDS.team, name: 'Team', members: ['ada', 'big room'] },
  );
  return server;
}
