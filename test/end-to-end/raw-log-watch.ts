import { recordAt } from "../../src/base/index.ts";
import {
  type ConnectionOpened,
  chooseUnitExponent,
  type DecodeContext,
  type FrameDecoder,
  FrameRecord,
  feedOfTopic,
  parseDecimal,
  TradeBatch,
} from "../../src/domain/index.ts";
import { feedById } from "../../src/feeds/index.ts";
import { type LogChunk, openLogReader } from "../../src/log/index.ts";

/** One socket of a connection, as the raw log tells it. */
export interface SocketLife {
  readonly connection: string;
  readonly epoch: number;
  readonly symbols: readonly string[];
  /** The log says how it ended; otherwise K2 was killed. */
  isClosed: boolean;
  trades: number;
}

/** What the raw log of a K2 that was killed holds: how far each symbol got, and which sockets were not closed. */
export class RawLogWatch {
  /** Highest trade id by feed and symbol. Sockets send in order from a place that the log has already: nothing below is missing. */
  readonly lastIds: Map<string, Map<string, bigint>> = new Map();
  readonly sockets: SocketLife[] = [];
  readonly #folder: string;
  readonly #offsets: Map<string, number> = new Map();
  readonly #decoders: Map<string, FrameDecoder> = new Map();
  readonly #trades: TradeBatch = new TradeBatch();
  #symbols: string[] = [];
  #refusals = 0;

  /** @param folder of the log */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Raw records so far. */
  get records(): number {
    return [...this.#offsets.values()].reduce((sum, offset) => sum + offset, 0);
  }

  /** Records of which the decoder refused something: none, where the venue is our own. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Reads what the log has got since the last time. */
  async read(): Promise<void> {
    await using reader = await openLogReader({ folder: this.#folder });
    for (const { topic, bounds } of await reader.topics()) {
      const feed = feedOfTopic(topic);
      if (feed === undefined) continue;
      for (const { partition } of bounds) {
        const key = `${topic}/${partition}`;
        const at = { topic, partition, offset: this.#offsets.get(key) ?? 0 };
        for await (const chunk of reader.read(at, { follow: false })) {
          this.#take(feed, chunk);
          this.#offsets.set(key, chunk.firstOffset + chunk.records.count);
        }
      }
    }
  }

  #take(feed: string, { records }: LogChunk): void {
    for (let index = 0; index < records.count; index += 1) {
      const record = new FrameRecord(recordAt(records, index));
      switch (record.kind) {
        case "opened":
          this.#opened(record);
          break;
        case "closed":
          this.#socket(record).isClosed = true;
          break;
        case "received":
          this.#received(feed, record);
          break;
        case "sent":
          break;
      }
    }
  }

  #opened(record: FrameRecord): void {
    const { symbols } = JSON.parse(Buffer.from(record.payload).toString("utf8")) as ConnectionOpened;
    const { connection, epoch } = record;
    this.sockets.push({ connection, epoch, symbols, isClosed: false, trades: 0 });
  }

  #socket({ connection, epoch }: FrameRecord): SocketLife {
    const socket = this.sockets.findLast((life) => life.connection === connection && life.epoch === epoch);
    if (socket === undefined) throw new Error(`The raw log has a frame of ${connection} #${epoch}, which never opened`);
    return socket;
  }

  #received(feed: string, record: FrameRecord): void {
    this.#trades.clear();
    this.#decoder(feed).decode(record.payload, this.#context);
    const { length } = this.#trades;
    if (length === 0) return;
    this.#socket(record).trades += length;
    const ids = this.lastIds.get(feed) ?? new Map<string, bigint>();
    this.lastIds.set(feed, ids);
    for (let row = 0; row < length; row += 1) {
      const symbol = this.#symbols[this.#trades.listing[row] ?? 0] ?? "";
      const id = BigInt(this.#trades.tradeId(row));
      if (id > (ids.get(symbol) ?? -1n)) ids.set(symbol, id);
    }
  }

  #decoder(feed: string): FrameDecoder {
    const known = this.#decoders.get(feed);
    if (known !== undefined) return known;
    const { channels, createDecoder } = feedById(feed);
    const decoder = createDecoder({ channels: channels.slice(0, 1) });
    this.#decoders.set(feed, decoder);
    return decoder;
  }

  readonly #context: DecodeContext = {
    trades: this.#trades,
    listing: (rawSymbol, price, size) => {
      let index = this.#symbols.indexOf(rawSymbol);
      if (index < 0) index = this.#symbols.push(rawSymbol) - 1;
      return { index, unitExponent: chooseUnitExponent(parseDecimal(price), parseDecimal(size)) ?? 0 };
    },
    refuse: () => {
      this.#refusals += 1;
    },
  };
}
