import type { FileLease } from "./file-io.ts";

/** Paths that someone reads; `end` is called once. */
export class PathLease implements FileLease {
  readonly #paths: ReadonlyMap<string, string>;
  #end: (() => void) | undefined;

  constructor(paths: ReadonlyMap<string, string>, end: () => void) {
    this.#paths = paths;
    this.#end = end;
  }

  pathOf(location: string): string {
    const path = this.#paths.get(location);
    if (path === undefined) throw new RangeError(`a path of ${location}, which is not in the lease`);
    return path;
  }

  [Symbol.dispose](): void {
    this.#end?.();
    this.#end = undefined;
  }
}
