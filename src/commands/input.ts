import { readFile } from 'node:fs/promises';
import type { Io } from './command.ts';

/** The octets of a file; `-` is stdin. */
export async function readInput(io: Io, file: string): Promise<Uint8Array> {
  if (file !== '-') return readFile(file);
  const chunks: Uint8Array[] = [];
  // Octets are what a stream without an encoding gives.
  for await (const chunk of io.stdin as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
