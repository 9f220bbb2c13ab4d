// Which versions of Node can run Kalends (package.json, "engines"). Plain JavaScript that Node 18 runs.

/** What to tell the user about this version of Node; undefined: it is fine. */
export function nodeProblem(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fine = (major === 22 && minor >= 19) || (major === 24 && minor >= 11) || major > 24;
  if (fine) return undefined;
  return [
    `kalends: needs Node 22.19 or newer of the 22 line, or 24.11 and newer; this is Node ${version}.`,
    'In a clone, let npm bring it:   npm start    or    npm run -s kalends -- --help',
    'Elsewhere, install Node 24:     https://nodejs.org/    or    npm install -g node@24',
  ].join('\n');
}
