/** How the cost of one question grows: one line of a chart. */
export interface Line {
  readonly name: string;
  /** Size to CPU milliseconds, both above zero. */
  readonly points: readonly (readonly [size: number, cost: number])[];
}

export interface Panel {
  readonly title: string;
  /** What the sizes count. */
  readonly axis: string;
  readonly lines: readonly Line[];
}

const WIDTH = 760;
const PLOT = { left: 64, top: 44, width: 430, height: 330 };
const PANEL_HEIGHT = 440;
/** Least distance of two labels on the right, so that none covers another. */
const LABEL_HEIGHT = 15;

/** Told apart on white and on near black alike; the dashes tell them apart without colour. */
const COLOURS = ['#2f7ed8', '#d9541e', '#2a9d4a', '#9656c9', '#c2941a', '#1a9c9c', '#d0478f', '#7a7f87'];
const DASHES = ['', '7 3', '2 3'];

/** Follows the page that shows it, or the wish of who looks at it alone; no script, and no font but what is there. */
const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 15px; font-weight: 600; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.page { fill: #ffffff; }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .grid { stroke: #3d444d; }
  .page { fill: #0d1117; }
}`;

const escapeText = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${String(character.codePointAt(0))};`);

const figure = (value: number): string => String(Number(value.toPrecision(6)));
const round = (value: number): string => value.toFixed(1);

interface Scale {
  readonly low: number;
  readonly high: number;
  /** Powers of ten from low to high. */
  readonly ticks: readonly number[];
}

/** From the power of ten below all values to the one above. */
function scaleOf(values: readonly number[]): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  return { low, high, ticks: Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at)) };
}

const share = ({ low, high }: Scale, value: number): number => (Math.log10(value) - low) / (high - low);

interface Placed {
  readonly x: (size: number) => number;
  readonly y: (cost: number) => number;
}

function grid(top: number, axis: string, sizes: Scale, costs: Scale, { x, y }: Placed): readonly string[] {
  const [left, right] = [PLOT.left, PLOT.left + PLOT.width];
  const [above, below] = [top + PLOT.top, top + PLOT.top + PLOT.height];
  return [
    ...costs.ticks.flatMap((cost) => [
      `<line class="grid" x1="${left}" y1="${round(y(cost))}" x2="${right}" y2="${round(y(cost))}"/>`,
      `<text x="${left - 8}" y="${round(y(cost) + 4)}" text-anchor="end">${figure(cost)}</text>`,
    ]),
    ...sizes.ticks.flatMap((size) => [
      `<line class="grid" x1="${round(x(size))}" y1="${above}" x2="${round(x(size))}" y2="${below}"/>`,
      `<text x="${round(x(size))}" y="${below + 18}" text-anchor="middle">${size.toLocaleString('en-US')}</text>`,
    ]),
    `<text x="${(left + right) / 2}" y="${below + 38}" text-anchor="middle">${escapeText(axis)}</text>`,
    `<text x="${left - 8}" y="${above - 12}" text-anchor="end">CPU ms</text>`,
  ];
}

/** Where the labels stand: beside the ends of their lines, moved apart from the top, and back up from the bottom. */
function labelPlaces(ends: readonly number[], bottom: number): readonly number[] {
  const order = ends.map((_, at) => at).sort((one, other) => ends[one]! - ends[other]!);
  const places = [...ends];
  let least = -Infinity;
  for (const at of order) least = places[at] = Math.max(places[at]!, least + LABEL_HEIGHT);
  let most = bottom;
  for (const at of order.reverse()) {
    places[at] = Math.min(places[at]!, most);
    most = places[at]! - LABEL_HEIGHT;
  }
  return places;
}

function panel({ title, axis, lines }: Panel, top: number): readonly string[] {
  const points = lines.flatMap((line) => line.points);
  const sizes = scaleOf(points.map(([size]) => size));
  const costs = scaleOf(points.map(([, cost]) => cost));
  const below = top + PLOT.top + PLOT.height;
  const placed: Placed = {
    x: (size) => PLOT.left + share(sizes, size) * PLOT.width,
    y: (cost) => below - share(costs, cost) * PLOT.height,
  };
  const ends = lines.map((line) => placed.y(line.points.at(-1)?.[1] ?? 1));
  const places = labelPlaces(ends, below);
  const drawn = lines.flatMap(({ name, points: own }, at) => {
    const colour = COLOURS[at % COLOURS.length]!;
    const dash = DASHES[Math.floor(at / COLOURS.length) % DASHES.length]!;
    const corners = own.map(([size, cost]) => `${round(placed.x(size))},${round(placed.y(cost))}`);
    const [right, end, place] = [PLOT.left + PLOT.width, ends[at]!, places[at]!];
    const last = own.at(-1)?.[1] ?? Number.NaN;
    return [
      `<polyline stroke="${colour}" stroke-dasharray="${dash || 'none'}" points="${corners.join(' ')}"/>`,
      ...own.map(
        ([size, cost]) =>
          `<circle cx="${round(placed.x(size))}" cy="${round(placed.y(cost))}" r="3" fill="${colour}"/>`,
      ),
      `<polyline stroke="${colour}" stroke-width="1" points="${right + 5},${round(end)} ${right + 22},${round(place)}"/>`,
      `<text x="${right + 27}" y="${round(place + 4)}">${escapeText(name)} · ${figure(Number(last.toPrecision(2)))} ms</text>`,
    ];
  });
  return [
    `<text class="title" x="${PLOT.left}" y="${top + 20}">${escapeText(title)}</text>`,
    ...grid(top, axis, sizes, costs, placed),
    ...drawn,
  ];
}

/** A picture of panels one below the other, both axes of each logarithmic. */
export function chart(panels: readonly Panel[]): string {
  const height = panels.length * PANEL_HEIGHT;
  const named = escapeText(panels.map(({ title }) => title).join('; '));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${named}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    ...panels.flatMap((each, at) => panel(each, at * PANEL_HEIGHT)),
    '</svg>',
    '',
  ].join('\n');
}
