import type { Rates } from './growth-report.ts';

/** What many people ask for, in the busiest second. */
export interface Demand {
  readonly users: number;
  /** Events that are written, rows of people invited to them, and views that are read: a second. */
  readonly writes: number;
  readonly invitees: number;
  readonly views: number;
  /** Meetings of one person in a month. */
  readonly meetings: number;
}

/** The second scale of the requirements, §3. */
export const DEMAND: Demand = { users: 100_000_000, writes: 3500, invitees: 17_000, views: 11_600, meetings: 10 };

export interface Node {
  readonly cores: number;
  /** Share of a core that may be used. */
  readonly load: number;
}

export interface Scale {
  /** CPU milliseconds of one write, of one row of an invitee, of one view. */
  readonly write: number;
  readonly invitee: number;
  readonly view: number;
  /** Cores that work, all nodes together. */
  readonly coresForWrites: number;
  readonly coresForViews: number;
  /** One process of a node writes, so that writes have one core of each. */
  readonly nodesByWrites: number;
  readonly nodesByCores: number;
  readonly nodes: number;
  readonly usersPerNode: number;
  readonly gigabytesPerNodeAndYear: number;
  readonly terabytesPerYear: number;
}

/**
 * cores = (writes × c_write + invitees × c_invitee + views × c_view) / 1000 ms, and of a node's cores only a share is used;
 * what writes may use one core of a node at most, since one process writes.
 */
export function scaleOf(rates: Rates, demand: Demand, { cores, load }: Node): Scale {
  const invitee = Math.max(0, (rates.meeting - rates.put) / rates.invited);
  const coresForWrites = (demand.writes * rates.put + demand.invitees * invitee) / 1000;
  const coresForViews = (demand.views * rates.view) / 1000;
  const nodesByWrites = Math.ceil(coresForWrites / load);
  const nodesByCores = Math.ceil((coresForWrites + coresForViews) / (cores * load));
  const nodes = Math.max(nodesByWrites, nodesByCores);
  // A meeting is stored with all its copies: as many as it has people here.
  const meetingsPerYear = (demand.users * demand.meetings * 12) / (1 + rates.invited);
  const octets = meetingsPerYear * rates.octetsPerMeeting;
  return {
    ...{ write: rates.put, invitee, view: rates.view, coresForWrites, coresForViews },
    ...{ nodesByWrites, nodesByCores, nodes, usersPerNode: Math.ceil(demand.users / nodes) },
    gigabytesPerNodeAndYear: octets / nodes / 1e9,
    terabytesPerYear: octets / 1e12,
  };
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** In Markdown. */
export function scaleTable(rates: Rates, demand: Demand, node: Node): string {
  const scale = scaleOf(rates, demand, node);
  const rows: readonly (readonly [string, string])[] = [
    ['a new event', `${scale.write.toFixed(2)} ms CPU, ${count(1000 / scale.write)}/s of one core`],
    ['each person invited to it', `${scale.invitee.toFixed(2)} ms CPU, ${count(1000 / scale.invitee)}/s of one core`],
    ['a week of a calendar, read', `${scale.view.toFixed(2)} ms CPU, ${count(1000 / scale.view)}/s of one core`],
    [
      `${count(demand.writes)} writes and ${count(demand.invitees)} invitees a second`,
      `${scale.coresForWrites.toFixed(1)} cores`,
    ],
    [`${count(demand.views)} views a second`, `${scale.coresForViews.toFixed(1)} cores`],
    [`nodes, one writing core of each used to ${node.load * 100} %`, count(scale.nodesByWrites)],
    [`nodes, ${node.cores} cores of each used to ${node.load * 100} %`, count(scale.nodesByCores)],
    ['nodes needed: the larger', count(scale.nodes)],
    ['people of one node', count(scale.usersPerNode)],
    ['a meeting on disk, its copies and messages included', `${(rates.octetsPerMeeting / 1024).toFixed(1)} KiB`],
    ['storage in a year', `${scale.terabytesPerYear.toFixed(0)} TB, ${count(scale.gigabytesPerNodeAndYear)} GB a node`],
  ];
  return ['| | |', '| --- | --- |', ...rows.map(([what, figure]) => `| ${what} | ${figure} |`)].join('\n');
}
