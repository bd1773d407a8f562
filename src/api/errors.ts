import { K2Error } from "../base/index.ts";

/** One thing wrong with a request. */
export interface InputProblem {
  /** The parameter or field; absent where it is the request as a whole. */
  readonly name?: string;
  readonly detail: string;
}

/** A request whose parameters are wrong; it names every one of them, not only the first. Nothing was done. */
export class InvalidRequestError extends K2Error {
  readonly code = "K2_INVALID_INPUT";
  readonly remedy = "fix-input";
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[]) {
    super(problems.map(({ detail }) => detail).join(". "));
    this.problems = problems;
  }
}

/** A well-formed request that this server does not serve: the path, the method, the host or the page it comes from. */
export class RequestRefusedError extends K2Error {
  readonly code = "K2_REQUEST_REFUSED";
  readonly remedy = "fix-input";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: 403 | 404 | 405 | 421 | 426, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }
}

/** As many stream clients are connected as may be. */
export class TooManyClientsError extends K2Error {
  readonly code = "K2_TOO_MANY_CLIENTS";
  readonly remedy = "retry";

  constructor(clientsMax: number) {
    super(`${clientsMax} stream clients are connected, which is the limit. Try again when one has left`);
  }
}

/** A stream client reads slower than the market writes. It is told so and cut off: nothing is dropped silently. */
export class SlowConsumerError extends K2Error {
  readonly code = "K2_SLOW_CONSUMER";
  readonly remedy = "resync";

  constructor(unreadBytes: number, unreadBytesMax: number) {
    super(
      `${unreadBytes} bytes wait unread, over the ${unreadBytesMax} that one client may leave, so this connection ends. ` +
        "Connect again for a fresh snapshot and subscribe to less; /v1/trades has what was missed",
    );
  }
}
