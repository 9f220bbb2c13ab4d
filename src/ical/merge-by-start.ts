import type { Instant } from './time-value.ts';

interface Head<T> {
  value: T;
  readonly stream: Iterator<T>;
  /** Of two that start together, the stream given first goes first. */
  readonly rank: number;
}

type Started = { readonly start: Instant };

const isBefore = <T extends Started>(a: Head<T>, b: Head<T>): boolean =>
  a.value.start < b.value.start || (a.value.start === b.value.start && a.rank < b.rank);

/** Restores the heap's order below an index. */
function sink<T extends Started>(heap: Head<T>[], from: number): void {
  for (let at = from; ;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      const [a, b] = [heap[child], heap[least]];
      if (a !== undefined && b !== undefined && isBefore(a, b)) least = child;
    }
    const [top, below] = [heap[at], heap[least]];
    if (least === at || top === undefined || below === undefined) return;
    heap[at] = below;
    heap[least] = top;
    at = least;
  }
}

/** Streams that are each in order of start, as one. Each is read one ahead, and no farther. */
export function* mergeByStart<T extends Started>(streams: Iterable<Iterator<T>>): Generator<T> {
  const heap: Head<T>[] = [];
  for (const stream of streams) {
    const first = stream.next();
    if (first.done !== true) heap.push({ value: first.value, stream, rank: heap.length });
  }
  for (let i = heap.length >> 1; i >= 0; i--) sink(heap, i);
  for (let head = heap[0]; head !== undefined; head = heap[0]) {
    yield head.value;
    const next = head.stream.next();
    const last = next.done === true ? heap.pop() : undefined;
    if (next.done !== true) head.value = next.value;
    else if (last !== undefined && last !== head) heap[0] = last;
    sink(heap, 0);
  }
}
