/** Snapshots that readers of this process are using: expiry leaves them and their files alone. */
export class SnapshotPins {
  readonly #pins = new Map<string, Map<bigint, number>>();

  /** Keeps the snapshot until disposed of; a snapshot may be pinned many times. */
  pin(table: string, snapshotId: bigint): Disposable {
    const pins = this.#pins.get(table) ?? new Map<bigint, number>();
    this.#pins.set(table, pins);
    pins.set(snapshotId, (pins.get(snapshotId) ?? 0) + 1);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (pins.get(snapshotId) ?? 1) - 1;
        if (left > 0) pins.set(snapshotId, left);
        else pins.delete(snapshotId);
      },
    };
  }

  of(table: string): ReadonlySet<bigint> {
    return new Set(this.#pins.get(table)?.keys());
  }
}
