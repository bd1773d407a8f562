/** Where the registry keeps what it knows. Each operation of the registry is one transaction. */
export interface RegistryStorage extends AsyncDisposable {
  /**
   * Runs `work` alone: no other transaction on this storage, in any process, comes in between.
   * What it wrote is durable when this resolves, and gone when `work` throws.
   */
  transaction<T>(work: (tables: RegistryTables) => Promise<T>): Promise<T>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RegistryTables {
  schemaById(id: number): Promise<StoredSchema | undefined>;
  schemaByFingerprint(fingerprint: string): Promise<StoredSchema | undefined>;
  /** @param schema.id the number it must have; undefined takes the next. @returns the id */
  addSchema(schema: {
    readonly id: number | undefined;
    readonly fingerprint: string;
    readonly text: string;
  }): Promise<number>;
  /** By subject, then version; deleted ones too. */
  versions(filter: { readonly subject?: string; readonly schemaId?: number }): Promise<readonly StoredVersion[]>;
  addVersion(version: { readonly subject: string; readonly version: number; readonly schemaId: number }): Promise<void>;
  setDeleted(subject: string, version: number): Promise<void>;
  removeVersion(subject: string, version: number): Promise<void>;
  setting(subject: string): Promise<StoredSetting>;
  /** A setting of two undefined is removed. */
  putSetting(subject: string, setting: StoredSetting): Promise<void>;
}

export interface StoredSchema {
  readonly id: number;
  /** Canonical text. */
  readonly text: string;
}

export interface StoredVersion {
  readonly subject: string;
  readonly version: number;
  readonly schemaId: number;
  readonly text: string;
  /** Hidden, but it can still be asked for until it is deleted for good. */
  readonly deleted: boolean;
}

/** What was set for one subject, or for all where the subject is GLOBAL. */
export interface StoredSetting {
  readonly compatibility: string | undefined;
  readonly mode: string | undefined;
}

/** No subject has an empty name. */
export const GLOBAL = "";
