import type { Subscriber } from "./subscriber.ts";

type Row = Readonly<Record<string, unknown>>;

/** Keeps what it is told. */
export class TestSubscriber implements Subscriber {
  readonly messages: { readonly kind: "snapshot" | "update"; readonly rows: readonly Row[]; readonly tail: Buffer }[] =
    [];
  readonly failures: unknown[] = [];

  snapshot(tail: Buffer): void {
    this.#keep("snapshot", tail);
  }

  update(tail: Buffer): void {
    this.#keep("update", tail);
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }

  /** Of all messages, in order. */
  get rows(): readonly Row[] {
    return this.messages.flatMap(({ rows }) => rows);
  }

  #keep(kind: "snapshot" | "update", tail: Buffer): void {
    const { rows } = JSON.parse(`{"rows":${tail}`) as { readonly rows: readonly Row[] };
    this.messages.push({ kind, rows, tail });
  }
}
