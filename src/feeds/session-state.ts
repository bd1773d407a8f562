import type { ConnectionClosed } from "../domain/index.ts";
import type { SocketEnd } from "./socket.ts";

/**
 * One socket's life, as a table. Deciding is here and pure; session.ts acts.
 *
 * - waiting: not begun; its time is the pause before the try.
 * - connecting: the opening request is out; its time is the limit for an answer.
 * - subscribing: open, frames are recorded; its time is the limit for all subscriptions to be answered.
 * - live: every subscription is answered, or will not be; its time is the life after which it counts as healthy.
 * - draining: given up, frames still recorded until the socket has ended. Steps: overlap (a successor is live, both
 *   are recorded), closing (handshake sent), cut (torn down). Its time is the limit of the step.
 * - stopped: nothing follows.
 *
 * ```
 * event            waiting     connecting    subscribing     live              draining
 * timeUp           connecting  stopped       live            live              next step
 *                  open        terminate     warnUnanswered  forgetFailures    close / terminate
 *                              finish        takeOver
 * opened           –           subscribing   –               –                 –
 *                              recordOpened
 *                              subscribe
 * answered         –           –             live            –                 –
 *                                            takeOver
 * aged             –           –             –               live              –
 *                                                            openSuccessor
 * superseded       –           –             –               draining overlap  –
 * silent           –           –             draining cut    draining cut      draining cut
 *                                            terminate       terminate         terminate
 * ended            –           stopped       stopped         stopped           stopped
 *                              finish        recordClosed    recordClosed      recordClosed
 *                                            finish          finish            finish
 * stop             stopped     stopped       draining        draining          draining closing
 *                  finish      terminate     closing         closing           close (from overlap)
 *                              finish        close           close
 * recordingFailed  stopped     stopped       stopped         stopped           stopped
 *                  finish      terminate     terminate       terminate         terminate
 *                              finish        finish          finish            finish
 * ```
 */
export type SessionState =
  | { readonly name: "waiting" | "connecting" | "subscribing" | "live" | "stopped" }
  | {
      readonly name: "draining";
      readonly step: "overlap" | "closing" | "cut";
      /** What the log will say, decided when the socket was given up. */
      readonly closed: ConnectionClosed;
    };
export type SessionStateName = SessionState["name"];
export const SESSION_STATES: readonly SessionStateName[] = [
  "waiting",
  "connecting",
  "subscribing",
  "live",
  "draining",
  "stopped",
];

export type SessionEvent =
  /** The time of the state is over: see above what each state's time is. */
  | { readonly kind: "timeUp" }
  | { readonly kind: "opened" }
  | { readonly kind: "answered" }
  /** Near the age at which the venue ends connections. */
  | { readonly kind: "aged" }
  /** The successor is live. */
  | { readonly kind: "superseded" }
  /** Nothing arrived for as long as the feed allows. */
  | { readonly kind: "silent"; readonly detail: string }
  | { readonly kind: "ended"; readonly end: SocketEnd }
  | { readonly kind: "stop" }
  /** The raw log took no more: nothing that arrives can be kept. */
  | { readonly kind: "recordingFailed"; readonly detail: string };

export type SessionAction =
  | { readonly kind: "open" }
  | { readonly kind: "recordOpened" }
  | { readonly kind: "subscribe" }
  | { readonly kind: "warnUnanswered" }
  /** From here on this is the connection's socket. */
  | { readonly kind: "takeOver" }
  | { readonly kind: "openSuccessor" }
  /** The next failure is the first again. */
  | { readonly kind: "forgetFailures" }
  | { readonly kind: "close" }
  | { readonly kind: "terminate" }
  | { readonly kind: "recordClosed"; readonly closed: ConnectionClosed }
  | { readonly kind: "finish"; readonly outcome: SessionOutcome };

export interface SessionOutcome {
  /** False when the venue never accepted it: the log then has no record of it. */
  readonly opened: boolean;
  readonly closed: ConnectionClosed;
  /** What the venue answered, where it refused the opening request. */
  readonly refusal: { readonly status: number; readonly retryAfter: string | undefined } | undefined;
}

export interface Transition {
  readonly state: SessionState;
  readonly actions: readonly SessionAction[];
}

/** What becomes of a session in `state` when `event` happens. An event that means nothing there changes nothing. */
export function transition(state: SessionState, event: SessionEvent): Transition {
  if (state.name === "stopped") return unchanged(state);
  if (event.kind === "recordingFailed") return recordingFailed(state, event.detail);
  switch (state.name) {
    case "waiting":
      return fromWaiting(state, event);
    case "connecting":
      return fromConnecting(state, event);
    case "subscribing":
    case "live":
      return fromOpen(state, event);
    case "draining":
      return fromDraining(state, event);
  }
}

const SHUTDOWN: ConnectionClosed = { cause: "shutdown", detail: "K2 stopped capturing" };
const PLANNED: ConnectionClosed = { cause: "planned", detail: "A successor took over before the venue's age limit" };
const STOPPED: SessionState = { name: "stopped" };
const TERMINATE: SessionAction = { kind: "terminate" };

function fromWaiting(state: SessionState, event: SessionEvent): Transition {
  switch (event.kind) {
    case "timeUp":
      return { state: { name: "connecting" }, actions: [{ kind: "open" }] };
    case "stop":
      return { state: STOPPED, actions: [neverOpened(SHUTDOWN)] };
    default:
      return unchanged(state);
  }
}

function fromConnecting(state: SessionState, event: SessionEvent): Transition {
  switch (event.kind) {
    case "opened":
      return { state: { name: "subscribing" }, actions: [{ kind: "recordOpened" }, { kind: "subscribe" }] };
    case "ended":
      return { state: STOPPED, actions: [neverOpened(closedBy(event.end), event.end)] };
    case "timeUp":
      return { state: STOPPED, actions: [TERMINATE, neverOpened({ cause: "error", detail: "No answer in time" })] };
    case "stop":
      return { state: STOPPED, actions: [TERMINATE, neverOpened(SHUTDOWN)] };
    default:
      return unchanged(state);
  }
}

function fromOpen(state: SessionState, event: SessionEvent): Transition {
  switch (event.kind) {
    case "ended":
      return ended(closedBy(event.end));
    case "stop":
      return { state: { name: "draining", step: "closing", closed: SHUTDOWN }, actions: [{ kind: "close" }] };
    case "silent":
      return {
        state: { name: "draining", step: "cut", closed: { cause: "stale", detail: event.detail } },
        actions: [TERMINATE],
      };
    default:
      return state.name === "subscribing" ? fromSubscribing(state, event) : fromLive(state, event);
  }
}

function fromSubscribing(state: SessionState, event: SessionEvent): Transition {
  switch (event.kind) {
    case "answered":
      return { state: { name: "live" }, actions: [{ kind: "takeOver" }] };
    case "timeUp":
      return { state: { name: "live" }, actions: [{ kind: "warnUnanswered" }, { kind: "takeOver" }] };
    default:
      return unchanged(state);
  }
}

function fromLive(state: SessionState, event: SessionEvent): Transition {
  switch (event.kind) {
    case "timeUp":
      return { state, actions: [{ kind: "forgetFailures" }] };
    case "aged":
      return { state, actions: [{ kind: "openSuccessor" }] };
    case "superseded":
      return { state: { name: "draining", step: "overlap", closed: PLANNED }, actions: [] };
    default:
      return unchanged(state);
  }
}

function fromDraining(state: SessionState & { readonly name: "draining" }, event: SessionEvent): Transition {
  const isOverlapping = state.step === "overlap";
  const cut: Transition = { state: { ...state, step: "cut" }, actions: [TERMINATE] };
  switch (event.kind) {
    case "ended":
      return ended(state.closed);
    case "silent":
      return state.step === "cut" ? unchanged(state) : cut;
    case "timeUp":
    case "stop":
      if (isOverlapping) return { state: { ...state, step: "closing" }, actions: [{ kind: "close" }] };
      return event.kind === "timeUp" && state.step === "closing" ? cut : unchanged(state);
    default:
      return unchanged(state);
  }
}

function recordingFailed(state: SessionState, detail: string): Transition {
  const outcome = { opened: hasOpened(state), closed: { cause: "error", detail }, refusal: undefined } as const;
  const finish = { kind: "finish", outcome } as const;
  return { state: STOPPED, actions: state.name === "waiting" ? [finish] : [TERMINATE, finish] };
}

function ended(closed: ConnectionClosed): Transition {
  const outcome = { opened: true, closed, refusal: undefined };
  return {
    state: STOPPED,
    actions: [
      { kind: "recordClosed", closed },
      { kind: "finish", outcome },
    ],
  };
}

function neverOpened(closed: ConnectionClosed, end?: SocketEnd): SessionAction {
  const refusal = end?.kind === "refused" ? { status: end.status, retryAfter: end.retryAfter } : undefined;
  return { kind: "finish", outcome: { opened: false, closed, refusal } };
}

function closedBy(end: SocketEnd): ConnectionClosed {
  return { cause: end.kind === "closed" ? "remote" : "error", detail: end.detail };
}

/** Whether the log has an `opened` record of a session in this state. */
export function hasOpened(state: SessionState): boolean {
  return state.name === "subscribing" || state.name === "live" || state.name === "draining";
}

function unchanged(state: SessionState): Transition {
  return { state, actions: [] };
}
