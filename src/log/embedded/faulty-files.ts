import { type Files, type OpenFile, systemFiles } from "../../base/index.ts";

/** What a test makes the device do. Each is asked at every call; the default is to work. */
export interface Faults {
  /** How many of the bytes arrive before the error; undefined lets the write through. */
  write?: ((path: string, byteLength: number, position: number) => WriteFault | undefined) | undefined;
  sync?: ((path: string) => string | undefined) | undefined;
  truncate?: ((path: string) => string | undefined) | undefined;
  freeBytes?: () => number;
}

export interface WriteFault {
  readonly code: string;
  readonly arrives: number;
}

/** The system's files, with a device that fails on request. For tests. */
export function faultyFiles(faults: Faults): Files {
  return {
    ...systemFiles,
    freeBytes: async (folder) => faults.freeBytes?.() ?? systemFiles.freeBytes(folder),
    open: async (path, flags) => faultyFile(await systemFiles.open(path, flags), path, faults),
  };
}

function faultyFile(file: OpenFile, path: string, faults: Faults): OpenFile {
  return {
    async write(bytes, position) {
      const fault = faults.write?.(path, bytes.byteLength, position);
      if (fault === undefined) return file.write(bytes, position);
      await file.write(bytes.subarray(0, fault.arrives), position);
      throw systemError(fault.code, "write");
    },
    async sync() {
      const code = faults.sync?.(path);
      if (code !== undefined) throw systemError(code, "fdatasync");
      await file.sync();
    },
    async truncate(byteLength) {
      const code = faults.truncate?.(path);
      if (code !== undefined) throw systemError(code, "ftruncate");
      await file.truncate(byteLength);
    },
    read: (into, position) => file.read(into, position),
    size: () => file.size(),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: made by the test, ${call}`), { code });
}
