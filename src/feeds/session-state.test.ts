import { describe, expect, test } from "vitest";
import {
  SESSION_STATES,
  type SessionAction,
  type SessionEvent,
  type SessionState,
  transition,
} from "./session-state.ts";

const overlap = { name: "draining", step: "overlap", closed: { cause: "planned", detail: "old" } } as const;
const closing = { name: "draining", step: "closing", closed: { cause: "shutdown", detail: "stop" } } as const;
const cut = { name: "draining", step: "cut", closed: { cause: "stale", detail: "quiet" } } as const;

const STATES: Readonly<Record<string, SessionState>> = {
  waiting: { name: "waiting" },
  connecting: { name: "connecting" },
  subscribing: { name: "subscribing" },
  live: { name: "live" },
  overlap,
  closing,
  cut,
  stopped: { name: "stopped" },
};

const EVENTS: Readonly<Record<string, SessionEvent>> = {
  timeUp: { kind: "timeUp" },
  opened: { kind: "opened" },
  answered: { kind: "answered" },
  aged: { kind: "aged" },
  superseded: { kind: "superseded" },
  silent: { kind: "silent", detail: "Nothing received for 5 ms" },
  closed: { kind: "ended", end: { kind: "closed", code: 1001, detail: "going away" } },
  broken: { kind: "ended", end: { kind: "broken", detail: "reset" } },
  refused: { kind: "ended", end: { kind: "refused", status: 429, retryAfter: "7", detail: "slow down" } },
  stop: { kind: "stop" },
  recordingFailed: { kind: "recordingFailed", detail: "disk full" },
};

/** `state: actions` for each state and event; an empty cell: nothing changes. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  waiting: {
    timeUp: "connecting: open",
    stop: "stopped: finish(never opened, shutdown)",
    recordingFailed: "stopped: finish(never opened, error)",
  },
  connecting: {
    timeUp: "stopped: terminate finish(never opened, error)",
    opened: "subscribing: recordOpened subscribe",
    closed: "stopped: finish(never opened, remote)",
    broken: "stopped: finish(never opened, error)",
    refused: "stopped: finish(never opened, error, 429 retry after 7)",
    stop: "stopped: terminate finish(never opened, shutdown)",
    recordingFailed: "stopped: terminate finish(never opened, error)",
  },
  subscribing: {
    timeUp: "live: warnUnanswered takeOver",
    answered: "live: takeOver",
    silent: "draining cut (stale): terminate",
    closed: "stopped: recordClosed(remote) finish(opened, remote)",
    broken: "stopped: recordClosed(error) finish(opened, error)",
    refused: "stopped: recordClosed(error) finish(opened, error)",
    stop: "draining closing (shutdown): close",
    recordingFailed: "stopped: terminate finish(opened, error)",
  },
  live: {
    timeUp: "live: forgetFailures",
    aged: "live: openSuccessor",
    superseded: "draining overlap (planned):",
    silent: "draining cut (stale): terminate",
    closed: "stopped: recordClosed(remote) finish(opened, remote)",
    broken: "stopped: recordClosed(error) finish(opened, error)",
    refused: "stopped: recordClosed(error) finish(opened, error)",
    stop: "draining closing (shutdown): close",
    recordingFailed: "stopped: terminate finish(opened, error)",
  },
  overlap: {
    timeUp: "draining closing (planned): close",
    silent: "draining cut (planned): terminate",
    closed: "stopped: recordClosed(planned) finish(opened, planned)",
    broken: "stopped: recordClosed(planned) finish(opened, planned)",
    refused: "stopped: recordClosed(planned) finish(opened, planned)",
    stop: "draining closing (planned): close",
    recordingFailed: "stopped: terminate finish(opened, error)",
  },
  closing: {
    timeUp: "draining cut (shutdown): terminate",
    silent: "draining cut (shutdown): terminate",
    closed: "stopped: recordClosed(shutdown) finish(opened, shutdown)",
    broken: "stopped: recordClosed(shutdown) finish(opened, shutdown)",
    refused: "stopped: recordClosed(shutdown) finish(opened, shutdown)",
    recordingFailed: "stopped: terminate finish(opened, error)",
  },
  cut: {
    closed: "stopped: recordClosed(stale) finish(opened, stale)",
    broken: "stopped: recordClosed(stale) finish(opened, stale)",
    refused: "stopped: recordClosed(stale) finish(opened, stale)",
    recordingFailed: "stopped: terminate finish(opened, error)",
  },
  stopped: {},
};

function describeState(state: SessionState): string {
  return state.name === "draining" ? `draining ${state.step} (${state.closed.cause})` : state.name;
}

function describeAction(action: SessionAction): string {
  if (action.kind === "recordClosed") return `recordClosed(${action.closed.cause})`;
  if (action.kind !== "finish") return action.kind;
  const { opened, closed, refusal } = action.outcome;
  const refused = refusal === undefined ? "" : `, ${refusal.status} retry after ${refusal.retryAfter}`;
  return `finish(${opened ? "opened" : "never opened"}, ${closed.cause}${refused})`;
}

describe("transition()", () => {
  for (const [stateName, state] of Object.entries(STATES)) {
    for (const [eventName, event] of Object.entries(EVENTS)) {
      const expected = TABLE[stateName]?.[eventName];
      test(`${stateName}, ${eventName}: ${expected ?? "nothing changes"}`, () => {
        const next = transition(state, event);
        if (expected === undefined) {
          expect(next).toEqual({ state, actions: [] });
          expect(next.state).toBe(state);
        } else {
          expect(`${describeState(next.state)}: ${next.actions.map(describeAction).join(" ")}`.trimEnd()).toBe(
            expected,
          );
        }
      });
    }
  }

  test("the table has every state and every event", () => {
    const names = new Set(Object.values(STATES).map(({ name }) => name));
    expect(names).toEqual(new Set(SESSION_STATES));
    expect(Object.keys(TABLE)).toEqual(Object.keys(STATES));
    const kinds = new Set(Object.values(EVENTS).map(({ kind }) => kind));
    expect(kinds.size).toBe(9);
  });

  test("the cause decided first is the one that is recorded", () => {
    const events: readonly SessionEvent[] = [
      { kind: "superseded" },
      { kind: "stop" },
      { kind: "silent", detail: "quiet" },
      { kind: "ended", end: { kind: "broken", detail: "reset" } },
    ];
    let state: SessionState = { name: "live" };
    let actions: readonly SessionAction[] = [];
    for (const event of events) ({ state, actions } = transition(state, event));
    expect(actions.map(describeAction)).toEqual(["recordClosed(planned)", "finish(opened, planned)"]);
  });
});
