/** What is remembered in the very transaction of a change, so that its answer can be given again. See `Receipts`. */
export interface ChangeOptions<Result> {
  /**
   * Called once the change is certain to be made if the transaction commits, with what it will resolve with. Where it
   * gives no receipt, none is kept.
   */
  readonly receipt?: ((result: Result) => Receipt | undefined) | undefined;
}

/** An answer under the key of the request that asked for it. */
export interface Receipt {
  readonly key: string;
  /** Tells apart two requests that carry one key. */
  readonly request: string;
  readonly answer: string;
  /** Milliseconds since the epoch; forgotten some time after. */
  readonly expiresMs: number;
}
