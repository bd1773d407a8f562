import type { Abortable } from "../../base/index.ts";
import type { FileIo, FileLease, FileTail, FileToRead, ListedFile } from "./file-io.ts";
import { PathLease } from "./path-lease.ts";
import { isS3Location } from "./s3/s3-location.ts";

/** Each location by the adapter of its scheme, so that one table may hold files here and there. */
export class RoutedFileIo implements FileIo {
  readonly #local: FileIo;
  readonly #remote: FileIo;

  constructor(adapters: { readonly local: FileIo; readonly remote: FileIo }) {
    this.#local = adapters.local;
    this.#remote = adapters.remote;
  }

  #of(location: string): FileIo {
    return isS3Location(location) ? this.#remote : this.#local;
  }

  read(location: string, options?: Abortable): Promise<Uint8Array> {
    return this.#of(location).read(location, options);
  }

  write(location: string, bytes: Uint8Array, options?: Abortable): Promise<void> {
    return this.#of(location).write(location, bytes, options);
  }

  remove(location: string, options?: Abortable): Promise<void> {
    return this.#of(location).remove(location, options);
  }

  list(prefix: string, options?: Abortable): AsyncIterable<ListedFile> {
    return this.#of(prefix).list(prefix, options);
  }

  async lease(files: readonly FileToRead[], options?: Abortable): Promise<FileLease> {
    const remote = files.filter(({ location }) => isS3Location(location));
    const near = files.filter(({ location }) => !isS3Location(location));
    const [here, fetched] = [await this.#local.lease(near, options), await this.#remote.lease(remote, options)];
    const paths = new Map(
      files.map(({ location }) => [location, (isS3Location(location) ? fetched : here).pathOf(location)]),
    );
    return new PathLease(paths, () => {
      here[Symbol.dispose]();
      fetched[Symbol.dispose]();
    });
  }

  beginFile(location: string): Promise<string> {
    return this.#of(location).beginFile(location);
  }

  finishFile(location: string, options?: Abortable): Promise<void> {
    return this.#of(location).finishFile(location, options);
  }

  abandonFile(location: string): Promise<void> {
    return this.#of(location).abandonFile(location);
  }

  readTail(pathOrLocation: string, byteLengthMax: number): Promise<FileTail> {
    const io = isS3Location(pathOrLocation) ? this.#remote : this.#local;
    return io.readTail(pathOrLocation, byteLengthMax);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#local[Symbol.asyncDispose]();
    await this.#remote[Symbol.asyncDispose]();
  }
}
