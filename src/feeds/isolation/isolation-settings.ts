/** How a feed's worker is watched and restarted. Times in milliseconds. */
export interface IsolationSettings {
  readonly heartbeatEveryMs: number;
  /** A worker that has not come round for this long is stuck, and is ended. */
  readonly heartbeatMsMax: number;
  /** From the start to the first sign of life. */
  readonly readyMsMax: number;
  /** What a worker's objects may take; frames that wait are beside it, under their own limit. */
  readonly heapMebibytesMax: number;
  /** Room for its new objects: small, or it grows to many times what a connection needs. */
  readonly newObjectsMebibytesMax: number;
  /** Running for this long, a worker has proved healthy: the pauses between starts are short again. */
  readonly healthyMs: number;
  readonly restartFirstMs: number;
  readonly restartMsMax: number;
  /** Crashes in a row after which nothing is started for `breakerPauseMs`, then once. */
  readonly breakerCrashes: number;
  readonly breakerPauseMs: number;
}

export const DEFAULT_ISOLATION_SETTINGS: IsolationSettings = {
  heartbeatEveryMs: 1_000,
  heartbeatMsMax: 15_000,
  readyMsMax: 60_000,
  heapMebibytesMax: 64,
  newObjectsMebibytesMax: 2,
  healthyMs: 30_000,
  restartFirstMs: 500,
  restartMsMax: 60_000,
  breakerCrashes: 5,
  breakerPauseMs: 300_000,
};
