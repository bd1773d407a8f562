import type { Files, OpenFile } from "../../base/index.ts";
import { systemFiles } from "../../base/index.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { CommitUnknownError } from "../errors.ts";

/** Thrown in place of the process's death: nothing done afterwards has any effect either. */
export class Crash extends Error {}

/** Counts every step that touches the disk or the catalog, and dies at one of them. */
export class DoomedProcess {
  readonly #dieAt: number;
  readonly #die: () => void;
  #steps = 0;

  /** @param die what death is, where it is more than that nothing done afterwards has any effect */
  constructor(dieAt: number, die: () => void = () => {}) {
    this.#dieAt = dieAt;
    this.#die = die;
  }

  get isDead(): boolean {
    return this.#steps >= this.#dieAt;
  }

  /** Dies before the step or, at every second number, after it took effect. */
  async step<T>(act: () => Promise<T>): Promise<T> {
    this.#count();
    const result = await act();
    this.#count();
    return result;
  }

  #count(): void {
    this.#steps += 1;
    if (this.#steps < this.#dieAt) return;
    this.#die();
    throw new Crash();
  }

  readonly files: Files = {
    ...systemFiles,
    open: async (path, flags) => {
      await this.step(async () => (await systemFiles.open(path, flags))[Symbol.asyncDispose]());
      return this.#file(await systemFiles.open(path, flags === "wx+" ? "r+" : flags));
    },
    makeFolder: (path) => this.step(() => systemFiles.makeFolder(path)),
    rename: (from, to) => this.step(() => systemFiles.rename(from, to)),
    remove: (path) => this.step(() => systemFiles.remove(path)),
    syncFolder: (folder) => this.step(() => systemFiles.syncFolder(folder)),
    read: (path) => this.step(() => systemFiles.read(path)),
  };

  #file(file: OpenFile): OpenFile {
    return {
      // A torn write: half of it is on the disk when the process dies.
      write: async (bytes, position) => {
        await this.step(() => file.write(bytes.subarray(0, bytes.byteLength >> 1), position));
        await this.step(() => file.write(bytes, position));
      },
      read: (into, position) => file.read(into, position),
      sync: () => this.step(() => file.sync()),
      truncate: (byteLength) => this.step(() => file.truncate(byteLength)),
      size: () => file.size(),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
  }

  /** The process may also die around the catalog's swap. */
  catalog(catalog: Catalog): Catalog {
    return new Proxy(catalog, {
      get: (target, name) => {
        if (name === "commit")
          return (commits: Parameters<Catalog["commit"]>[0]) => this.step(() => target.commit(commits));
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }
}

/** A catalog whose answer is lost every so often, after the swap or before it. */
export function forgetful(catalog: Catalog, loses: (call: number) => "after" | "before" | undefined): Catalog {
  let calls = 0;
  return new Proxy(catalog, {
    get: (target, name) => {
      if (name !== "commit") {
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      }
      return async (commits: Parameters<Catalog["commit"]>[0]) => {
        calls += 1;
        const loss = loses(calls);
        if (loss === "before") throw new CommitUnknownError("connection lost before the swap");
        const tables = await target.commit(commits);
        if (loss === "after") throw new CommitUnknownError("connection lost after the swap");
        return tables;
      };
    },
  });
}
