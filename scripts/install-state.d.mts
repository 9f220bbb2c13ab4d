/** See install-state.mjs. */
export function missingInstall(root: string, env?: Readonly<Record<string, string | undefined>>): string | undefined;
