/** What several want at the same moment is read once. Nothing is kept: a later wish reads anew. */
export class SharedLoads<T> {
  readonly #underWay = new Map<number, Promise<T>>();

  /** `read`, or what another caller's `read` for the same key gives that is still under way. */
  load(key: number, read: () => Promise<T>): Promise<T> {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const loading = read().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, loading);
    return loading;
  }
}
