import type { LatencySummary, TradeBatch } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import type { Judgement } from "./trade-judge.ts";

const OUTLIER_IDS_MAX = 5;
const AMOUNTS = ["trades", "duplicates", "refused", "outOfOrder", "priceOutliers", "sizeOutliers"] as const;

/** What is counted of one listing in one minute. */
export class MinuteTally {
  trades = 0;
  duplicates = 0;
  refused = 0;
  outOfOrder = 0;
  priceOutliers = 0;
  sizeOutliers = 0;
  readonly outlierIds: string[] = [];
  /** Of the last trade's price, the stored mantissa's halves: a BigInt a trade would cost more than all the rest. */
  #priceHigh = 0;
  #priceLow = 0;
  #latency: LatencyHistogram | undefined;

  /** Stored mantissa of the last trade; 0 before the first. */
  get price(): bigint {
    return (BigInt(this.#priceHigh) << 32n) + BigInt(this.#priceLow >>> 0);
  }

  add(trades: TradeBatch, row: number, judgement: Judgement): void {
    this.trades += 1;
    this.#priceHigh = trades.price.high(row);
    this.#priceLow = trades.price.low(row);
    this.#latency ??= new LatencyHistogram();
    this.#latency.add((trades.receiveTimeUs[row] ?? 0) - (trades.eventTimeUs[row] ?? 0));
    if (judgement.isOutOfOrder) this.outOfOrder += 1;
    if (judgement.isPriceOutlier) this.priceOutliers += 1;
    if (judgement.isSizeOutlier) this.sizeOutliers += 1;
    if ((judgement.isPriceOutlier || judgement.isSizeOutlier) && this.outlierIds.length < OUTLIER_IDS_MAX)
      this.outlierIds.push(trades.tradeId(row));
  }

  latency(): LatencySummary | undefined {
    return this.#latency?.summary();
  }

  /** Keeps what a minute that was told already is still needed for: how many trades it had. */
  strip(): void {
    this.#latency = undefined;
    this.outlierIds.length = 0;
  }

  write(writer: ByteWriter): void {
    for (const amount of AMOUNTS) writer.whole(this[amount]);
    writer.text(JSON.stringify(this.outlierIds));
    writer.text(this.price.toString());
    writer.byte(this.#latency === undefined ? 0 : 1);
    this.#latency?.write(writer);
  }

  static read(reader: ByteReader): MinuteTally {
    const tally = new MinuteTally();
    for (const amount of AMOUNTS) tally[amount] = reader.whole();
    tally.outlierIds.push(...(JSON.parse(reader.text()) as string[]));
    const price = BigInt(reader.text());
    tally.#priceHigh = Number(price >> 32n);
    tally.#priceLow = Number(price & 0xffff_ffffn);
    if (reader.byte() === 1) tally.#latency = LatencyHistogram.read(reader);
    return tally;
  }
}
