/** See node-version.mjs. */
export function nodeProblem(version: string): string | undefined;
