/**
 * `npm run build`: the program and the packages that every start needs as some dozen files instead of 1,100, which to find
 * and to link took two thirds of a start (docs/adr/0032). They lie two folders deep, as the sources do: what is looked for
 * beside the program is found from both.
 */
const OUTSIDE = [
  // They bring binaries, and find them by where they lie.
  'argon2',
  'better-sqlite3',
  // Loaded when they are needed, by servers that have mail, push or PostgreSQL.
  ...['imapflow', 'mailauth', 'mailparser', 'nodemailer', 'pg', 'rrule', 'smtp-server', 'web-push'],
];

export default {
  input: { cli: 'src/cli.ts', worker: 'src/workers/worker.ts' },
  platform: 'node',
  external: (id) => id.startsWith('node:') || OUTSIDE.some((name) => id === name || id.startsWith(`${name}/`)),
  output: {
    dir: 'dist/app',
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  },
};
