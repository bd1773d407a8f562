import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./harness.ts";

const MEGABYTE = 1_048_576;

/** A file system of its own, in memory, so small that it fills up. Needs the right to mount one. */
export class SmallDisk implements Disposable {
  readonly folder: string;
  readonly #mountPoint: Disposable;
  readonly #ballast: string;

  constructor(megabytes: number) {
    const mountPoint = temporaryFolder();
    this.folder = mountPoint.path;
    this.#mountPoint = mountPoint;
    this.#ballast = join(this.folder, "ballast");
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "k2-test", this.folder], { stdio: "pipe" });
    } catch (error) {
      mountPoint[Symbol.dispose]();
      throw error;
    }
  }

  /** Why there can be none here; undefined where there can. */
  static problem(): string | undefined {
    try {
      new SmallDisk(1)[Symbol.dispose]();
      return undefined;
    } catch (error) {
      return `no file system can be mounted here (${String(error).split("\n").join(" ")})`;
    }
  }

  resize(megabytes: number): void {
    execFileSync("mount", ["-o", `remount,size=${megabytes}m`, this.folder]);
  }

  /** Makes it so small that so much is free. */
  leave(megabytes: number): void {
    const { blocks, bfree, bsize } = statfsSync(this.folder);
    this.resize(Math.ceil(((blocks - bfree) * bsize) / MEGABYTE) + megabytes);
  }

  /** Takes up every byte that is left. */
  fill(): void {
    const file = openSync(this.#ballast, "a");
    const block = new Uint8Array(MEGABYTE);
    try {
      for (let size = block.byteLength; size >= 1; ) {
        try {
          writeSync(file, block, 0, size);
        } catch {
          size = size >> 1;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  /** Gives back what `fill` took. */
  relieve(): void {
    rmSync(this.#ballast, { force: true });
  }

  [Symbol.dispose](): void {
    execFileSync("umount", ["-l", this.folder]);
    this.#mountPoint[Symbol.dispose]();
  }
}
