import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

/** What opens a connection: clients of Node's modules, `fetch` of the platform, and packages made for it. */
const OPENING = [
  /import \{[^}]*\b(?:request|get|Agent|ClientRequest)\b[^}]*\} from 'node:https?'/,
  /import \{[^}]*\b(?:connect|createConnection|Socket)\b[^}]*\} from 'node:(?:net|tls|http2)'/,
  /import \* as \w+ from 'node:(?:https?|net|tls|http2)'/,
  /from '(?:undici|got|axios|node-fetch)'/,
  /(?<![.\w])fetch\(\s*['"`]|globalThis\.fetch|new (?:WebSocket|EventSource)\(/,
];

/** Type-only imports open nothing. */
const codeOf = (file: string): string =>
  readFileSync(join(SRC, file), 'utf8')
    .replace(/\btype \w+/g, '')
    .replace(/import type .*/g, '');

const isOpening = (code: string): boolean => OPENING.some((pattern) => pattern.test(code));

/** Speaks to another process of this server, by a Unix socket and no address. */
const INSIDE = 'http/hand-on.ts';

test('nothing goes out to the network but through src/net', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const opening = files.filter((file) => isOpening(codeOf(file)));
  expect(opening.map((file) => file.replaceAll('\\', '/'))).toEqual([INSIDE, 'net/connect.ts']);
});

test('what one process hands to another names no host', () => {
  const code = codeOf(INSIDE);
  expect([...code.matchAll(/request\(\{[^}]*\}/g)].map(([call]) => call)).toEqual([
    expect.stringMatching(/^request\(\{ agent, socketPath, method, path, headers, setHost: false \}$/),
  ]);
});

test.each([
  "import { request } from 'node:https';",
  "import { createServer, get } from 'node:http';",
  "import { connect } from 'node:tls';",
  "import { fetch } from 'undici';",
  "await fetch('https://example.com/')",
])('%s would be found', (code) => {
  expect(isOpening(code)).toBe(true);
});
