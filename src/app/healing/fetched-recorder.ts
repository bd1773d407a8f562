import { RecordBatchBuilder } from "../../base/index.ts";
import { appendFrameRecord, fetchedPayload, type GapConcluded, rawTopic, type Source } from "../../domain/index.ts";
import type { RestResponse } from "../../feeds/index.ts";
import type { Log } from "../../log/index.ts";
import type { HealedFeed } from "./healed-feeds.ts";

const encoder = new TextEncoder();

/** Which connection's record an answer belongs to: it stands in that connection's partition, in the order of arrival. */
export interface RecordPlace {
  readonly connection: string;
  readonly epoch: number;
}

/** Puts what venues answered, and what was concluded from it, into the raw log. */
export class FetchedRecorder {
  readonly #log: Pick<Log, "append">;
  readonly #source: Source;

  constructor(log: Pick<Log, "append">, source: Source) {
    this.#log = log;
    this.#source = source;
  }

  /** Resolves when it is durable. @param symbol that its trades are of; undefined: they are not to be taken in */
  async fetched(
    place: RecordPlace,
    healed: HealedFeed,
    response: RestResponse,
    symbol: string | undefined,
  ): Promise<void> {
    const { url, status, body, receivedNs } = response;
    const payload = fetchedPayload({ url, status, body, ...(symbol === undefined ? {} : { symbol }) });
    await this.#append("fetched", place, healed, { payload, timeNs: receivedNs });
  }

  async concluded(place: RecordPlace, healed: HealedFeed, concluded: GapConcluded, timeNs: bigint): Promise<void> {
    await this.#append("concluded", place, healed, { payload: encoder.encode(JSON.stringify(concluded)), timeNs });
  }

  async #append(
    kind: "fetched" | "concluded",
    { connection, epoch }: RecordPlace,
    { feed, partitions }: HealedFeed,
    { payload, timeNs }: { readonly payload: Uint8Array; readonly timeNs: bigint },
  ): Promise<void> {
    const builder = new RecordBatchBuilder();
    appendFrameRecord({ kind, feed: feed.id, connection, epoch, timeNs, source: this.#source, payload }, builder);
    const partition = partitions.get(connection) ?? 0;
    await this.#log.append([{ topic: rawTopic(feed.id), partition, records: builder.take() }]);
  }
}
