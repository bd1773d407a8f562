import type { Abortable, Clock } from "../../../base/index.ts";
import type { S3Credentials } from "./sigv4.ts";

/** Where keys come from, asked before every request. */
export interface CredentialSource {
  /** @throws {StorageRefusedError} when there are none, saying where was looked */
  get(options?: Abortable): Promise<S3Credentials>;
  /** The store called the keys expired: the next `get` asks anew. */
  renew(): void;
}

export type CredentialProvider = (options?: Abortable) => Promise<S3Credentials>;

/** Renewed so long before they end, in the background of nobody's request failing. */
const RENEW_BEFORE_MS = 300_000;

export function fixedCredentials(credentials: S3Credentials): CredentialSource {
  return { get: async () => credentials, renew: () => {} };
}

/** Asks once and keeps the keys until five minutes before they end; whoever asks meanwhile shares one question. */
export class RefreshingCredentials implements CredentialSource {
  readonly #provide: CredentialProvider;
  readonly #clock: Clock;
  #held: S3Credentials | undefined;
  #asking: Promise<S3Credentials> | undefined;

  constructor(provide: CredentialProvider, clock: Clock) {
    this.#provide = provide;
    this.#clock = clock;
  }

  async get({ signal }: Abortable = {}): Promise<S3Credentials> {
    signal?.throwIfAborted();
    const held = this.#held;
    const leftMs = held === undefined ? 0 : this.#leftMs(held);
    if (held !== undefined && leftMs > RENEW_BEFORE_MS) return held;
    this.#asking ??= this.#ask();
    try {
      return await this.#asking;
    } catch (error) {
      if (held !== undefined && leftMs > 0) return held; // They are good still: a later request asks again.
      throw error;
    }
  }

  renew(): void {
    this.#held = undefined;
  }

  /** Without the signal of any one caller: the others wait for the same answer. */
  async #ask(): Promise<S3Credentials> {
    try {
      this.#held = await this.#provide();
      return this.#held;
    } finally {
      this.#asking = undefined;
    }
  }

  #leftMs({ expiresMs }: S3Credentials): number {
    return expiresMs === undefined ? Number.POSITIVE_INFINITY : expiresMs - Number(this.#clock.nowNs() / 1_000_000n);
  }
}
