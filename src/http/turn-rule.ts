/** Requests of one turn that are never too late: few clients with slow questions are not a crowd. */
const FEW = 32;
/** So many long turns, one after the other, are no hiccup: more comes than is answered. */
const IN_A_ROW = 3;
/** How many times as long a request may wait until that is known. */
const PATIENCE = 5;

/**
 * Says who comes too late in a turn of the event loop. What it is asked at are milliseconds of a clock that only grows.
 */
export interface TurnRule {
  /** The first request of a turn has come. */
  begin(now: number): void;
  /** Whether one more request of this turn is to be sent away; one that is not counts as answered in it. */
  isLate(now: number): boolean;
  /** All requests that were ready for this turn have been looked at. */
  end(now: number): void;
}

/**
 * SQLite is asked without waiting, so that a server with too much to do has few requests under way but long turns: all
 * sockets that are ready are read one after the other, and who is last has waited for all the others. Past `longest`
 * milliseconds the rest of a turn is sent away, so that it ends and the next one begins with who comes then. One long
 * turn says nothing, a collection of garbage is as long: it takes several in a row, or one that is very long.
 */
export function createTurnRule(longest: number): TurnRule {
  let began = 0;
  let ended = -Infinity;
  let letIn = 0;
  let longTurns = 0;
  let lateSince: number | undefined;
  let sendingAway = 0;
  return {
    begin(now) {
      // Nobody came for a while.
      if (now - ended > longest) longTurns = 0;
      began = now;
      letIn = 0;
      lateSince = undefined;
    },
    isLate(now) {
      // As long for answers as for who is sent away, or with very many of these nothing else would be done.
      const bound = longTurns >= IN_A_ROW ? Math.max(longest, sendingAway) : longest * PATIENCE;
      if (letIn >= FEW && now - began > bound) {
        lateSince ??= now;
        return true;
      }
      letIn += 1;
      return false;
    },
    end(now) {
      ended = now;
      sendingAway = lateSince === undefined ? 0 : now - lateSince;
      const took = now - began;
      if (took > longest) longTurns += 1;
      // Between the half and the whole nothing is decided, or near its limit a server would change its mind all the time.
      else if (took < longest / 2) longTurns = 0;
    },
  };
}
