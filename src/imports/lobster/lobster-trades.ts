import type { Abortable } from "../../base/index.ts";
import { TRADE_FLAGS } from "../../domain/index.ts";
import type { ImportFormat } from "../format.ts";
import { LineSplitter } from "../lines/line-splitter.ts";
import type { TextSource } from "../text/text-source.ts";
import { LOBSTER_MESSAGE_FILE_NAME, type LobsterFile } from "./lobster-file.ts";
import { LOBSTER_PRICE_SCALE, LOBSTER_TYPES, LobsterMessage } from "./lobster-messages.ts";

/** From this day on Nasdaq says of every hidden order that it bought. */
const HIDDEN_SIDE_LOST_DATE = 20_140_714;
const HEADER = "time,side,price,size,id\n";

/**
 * Trades of LOBSTER message files: executions of visible and of hidden orders. The raw log keeps them as rows of text.
 * Who crossed the spread is who did not rest; of hidden orders it is not known from 14 July 2014 on. A cross (type 6)
 * makes no row: it sums up executions that are in the file already.
 *
 * LOBSTER gives no trade id. K2 makes `<time, ns>/<order>/<n>`: n counts, from 0, executions of one order at one time.
 *
 * @see http://help.lobsterdata.com/en/articles/856882-hidden-order-executions
 * @see http://help.lobsterdata.com/en/articles/859578-event-type-6
 */
export const lobsterTrades: ImportFormat = {
  id: "lobster-trades",
  name: "LOBSTER: message files of Nasdaq",
  documentation: "docs/order-books-l3.md",
  venue: "nasdaq",
  spelling: [],
  fileName: LOBSTER_MESSAGE_FILE_NAME,
  text: "csv",
  delimiter: ",",
  header: "required",
  columns: [
    { names: ["time"], role: { kind: "time", unit: "ns" } },
    { names: ["side"], role: { kind: "side", buy: ["buy"], sell: ["sell"], unknown: ["unknown"] } },
    { names: ["price"], role: { kind: "price", impliedDecimals: LOBSTER_PRICE_SCALE } },
    { names: ["size"], role: { kind: "size" } },
    { names: ["id"], role: { kind: "id" } },
  ],
  flags: TRADE_FLAGS.syntheticId,
};

/** The trades of a message file as text with a header; the same file always gives the same text. */
export function lobsterTradesText(messages: TextSource, file: LobsterFile): TextSource {
  return { name: messages.name, read: (options = {}) => readTrades(messages, file, options) };
}

async function* readTrades(messages: TextSource, file: LobsterFile, { signal }: Abortable): AsyncGenerator<Uint8Array> {
  const lines = new LineSplitter();
  const rows = new LobsterTradeRows(file);
  let text = HEADER;
  const read = (bytes: Uint8Array, start: number, end: number): void => {
    text += rows.row(bytes, start, end) ?? "";
  };
  for await (const chunk of messages.read({ signal })) {
    signal?.throwIfAborted();
    lines.write(chunk, read);
    yield Buffer.from(text);
    text = "";
  }
  lines.end(read);
  yield Buffer.from(text);
}

class LobsterTradeRows {
  readonly #file: LobsterFile;
  readonly #message = new LobsterMessage();
  /** Executions of each order at the time of the last one. */
  readonly #ordinals = new Map<number, number>();
  #lastTimeNs = -1n;

  constructor(file: LobsterFile) {
    this.#file = file;
  }

  /** The line's row; a line that is no message stands as it is, and is refused by whoever reads the rows. */
  row(bytes: Uint8Array, start: number, end: number): string | undefined {
    const message = this.#message;
    if (message.read(bytes, start, end) !== undefined) return `${decoder.decode(bytes.subarray(start, end))}\n`;
    if (message.type !== LOBSTER_TYPES.execution && message.type !== LOBSTER_TYPES.hiddenExecution) return undefined;
    const timeNs = BigInt(this.#file.midnightUs + message.seconds * 1_000_000) * 1000n + BigInt(message.nanos);
    return `${timeNs},${this.#aggressor()},${message.price},${message.size},${this.#idOf(timeNs, message.order)}\n`;
  }

  #aggressor(): string {
    const { type, direction } = this.#message;
    if (type === LOBSTER_TYPES.hiddenExecution && this.#file.date >= HIDDEN_SIDE_LOST_DATE) return "unknown";
    return direction === 1 ? "sell" : "buy";
  }

  #idOf(timeNs: bigint, order: number): string {
    if (timeNs !== this.#lastTimeNs) this.#ordinals.clear();
    this.#lastTimeNs = timeNs;
    const ordinal = this.#ordinals.get(order) ?? 0;
    this.#ordinals.set(order, ordinal + 1);
    return `${timeNs}/${order}/${ordinal}`;
  }
}

const decoder = new TextDecoder();
