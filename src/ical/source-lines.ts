import { asBuffer } from './content-line.ts';

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;

/** Octets by content lines, each with its folds and its line break, to be changed one at a time. */
export interface SourceLines {
  /** The octets of the content line that holds a one-based physical line of the source; undefined where there is none. */
  at(line: number): Buffer | undefined;
  /** The content line before it. */
  before(line: number): Buffer | undefined;
  /** Puts other octets in the place of a content line; none removes it. */
  replace(line: number, octets: Uint8Array): void;
  /** Puts octets behind the last line. */
  append(octets: Uint8Array): void;
  /** All of them as they are now. */
  octets(): Uint8Array;
}

interface ContentLine {
  readonly first: number;
  octets: Buffer;
}

export function linesOf(source: Uint8Array): SourceLines {
  const lines = contentLines(asBuffer(source));
  const find = (line: number): number => lines.findLastIndex(({ first }) => first <= line);
  return {
    at: (line) => lines[find(line)]?.octets,
    before: (line) => lines[find(line) - 1]?.octets,
    replace(line, octets) {
      const found = lines[find(line)];
      if (found !== undefined) found.octets = asBuffer(octets);
    },
    append: (octets) => void lines.push({ first: Infinity, octets: asBuffer(octets) }),
    octets: () => Buffer.concat(lines.map(({ octets }) => octets)),
  };
}

function contentLines(source: Buffer): ContentLine[] {
  const lines: ContentLine[] = [];
  let physical = 1;
  for (let start = 0; start < source.length;) {
    const first = physical;
    let end = start;
    do {
      const lf = source.indexOf(LF, end);
      end = lf === -1 ? source.length : lf + 1;
      physical += 1;
    } while (source[end] === SPACE || source[end] === TAB);
    lines.push({ first, octets: source.subarray(start, end) });
    start = end;
  }
  return lines;
}

/** The line break of a content line: '' at the end of a source that has none. */
export function breakOf(line: Buffer): string {
  if (line.at(-1) !== LF) return '';
  return line.at(-2) === CR ? '\r\n' : '\n';
}
