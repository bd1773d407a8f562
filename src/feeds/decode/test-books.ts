import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { sharedData } from "../../../test/shared-data.ts";
import { BookLevels, OrderBook, parseDecimal, rescaled } from "../../domain/index.ts";

/** Digits after the point of a book's prices and sizes. */
export interface BookScales {
  readonly price: number;
  readonly size: number;
}

/** A price and a size, as the wire writes them. */
export type LevelText = readonly [price: string, size: string];

/** Ten for all venues: no recorded number has more decimals, and none is too large for it. */
export const SCALES: BookScales = { price: 10, size: 10 };

/** A book that is fed with the texts of messages, for tests of recordings. */
export class TextBook {
  readonly book: OrderBook;
  readonly #scales: BookScales;
  readonly #levels: BookLevels = new BookLevels();
  readonly #mantissas = new Map<string, bigint>();

  constructor({ scales = SCALES, depthMax }: { readonly scales?: BookScales; readonly depthMax?: number } = {}) {
    this.#scales = scales;
    this.book = new OrderBook(depthMax === undefined ? {} : { depthMax });
  }

  replace(sides: ReadonlyMap<number, readonly LevelText[]>): void {
    this.book.replace(this.#read(sides));
  }

  apply(sides: ReadonlyMap<number, readonly LevelText[]>): void {
    this.book.apply(this.#read(sides));
  }

  price(text: string): bigint {
    return this.#mantissa(text, this.#scales.price);
  }

  size(text: string): bigint {
    return this.#mantissa(text, this.#scales.size);
  }

  #read(sides: ReadonlyMap<number, readonly LevelText[]>): BookLevels {
    this.#levels.clear();
    for (const [side, levels] of sides)
      for (const [price, size] of levels) this.#levels.push(side, { price: this.price(price), size: this.size(size) });
    return this.#levels;
  }

  #mantissa(text: string, scale: number): bigint {
    const key = `${text}@${scale}`;
    const known = this.#mantissas.get(key);
    if (known !== undefined) return known;
    const mantissa = rescaled(parseDecimal(text), scale);
    if (mantissa === undefined) throw new Error(`${text} is finer than ${scale} decimals`);
    this.#mantissas.set(key, mantissa);
    return mantissa;
  }
}

export interface RecordedMessage {
  /** Where it was fetched by HTTP; undefined for what came over the socket. */
  readonly url: string | undefined;
  readonly text: string;
}

/** What recordings hold, fetched snapshots included; undefined where one is not on this machine. */
export function recordedMessages(...paths: readonly string[]): readonly RecordedMessage[] | undefined {
  const files = paths.map(sharedData);
  const present = files.filter((file) => file !== undefined);
  return present.length < files.length ? undefined : present.flatMap(messagesOf);
}

function messagesOf(file: string): readonly RecordedMessage[] {
  const lines = gunzipSync(readFileSync(file)).toString("utf8").split("\n");
  return lines.flatMap((line) => {
    if (line === "") return [];
    if (!line.startsWith("{")) return [{ url: undefined, text: line.slice(line.indexOf(" ") + 1) }];
    const { t, url, data } = JSON.parse(line) as { readonly t: string; readonly url?: string; readonly data?: string };
    return data !== undefined && (t === "recv" || t === "http")
      ? [{ url: t === "http" ? url : undefined, text: data }]
      : [];
  });
}
