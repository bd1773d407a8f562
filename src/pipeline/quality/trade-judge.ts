import type { TradeBatch } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import { RobustWindow } from "./robust-window.ts";

/** Robust z-scores beyond which a trade is told: far in the tails even of markets that jump. */
const PRICE_SCORE = 15;
const SIZE_SCORE = 10;
/** Half a basis point: on a quiet market prices move by less than that for minutes. */
const RETURN_DEVIATION_MIN = 5e-5;
const SIZE_DEVIATION_MIN = 0.25;
/** So many outliers in a row on end are the new level. */
const OUTLIERS_ON_END_MAX = 5;

export interface Judgement {
  readonly isPriceOutlier: boolean;
  readonly isSizeOutlier: boolean;
  readonly isOutOfOrder: boolean;
}

/** Compares each trade of a listing with those before it. A function of their order alone. */
export class TradeJudge {
  readonly #returns = new RobustWindow(RETURN_DEVIATION_MIN);
  readonly #sizes = new RobustWindow(SIZE_DEVIATION_MIN);
  /** Natural logarithm of the last price that was no outlier; NaN before the first. */
  #level = Number.NaN;
  #outliersOnEnd = 0;
  #eventTimeUs = 0;

  judge(trades: TradeBatch, row: number): Judgement {
    const eventTimeUs = trades.eventTimeUs[row] ?? 0;
    const isOutOfOrder = eventTimeUs < this.#eventTimeUs;
    this.#eventTimeUs = eventTimeUs;
    return {
      isOutOfOrder,
      isPriceOutlier: this.#judgePrice(Math.log(trades.price.nearestNumber(row))),
      isSizeOutlier: this.#judgeSize(Math.log(trades.size.nearestNumber(row))),
    };
  }

  write(writer: ByteWriter): void {
    this.#returns.write(writer);
    this.#sizes.write(writer);
    writer.float(this.#level);
    writer.whole(this.#outliersOnEnd);
    writer.float(this.#eventTimeUs);
  }

  static read(reader: ByteReader): TradeJudge {
    const judge = new TradeJudge();
    judge.#returns.read(reader);
    judge.#sizes.read(reader);
    judge.#level = reader.float();
    judge.#outliersOnEnd = reader.whole();
    judge.#eventTimeUs = reader.float();
    return judge;
  }

  #judgePrice(level: number): boolean {
    const move = level - this.#level;
    const isOutlier = Math.abs(this.#returns.scoreOf(move)) > PRICE_SCORE;
    this.#outliersOnEnd = isOutlier ? this.#outliersOnEnd + 1 : 0;
    if (isOutlier && this.#outliersOnEnd <= OUTLIERS_ON_END_MAX) return true; // Measured from the level before it.
    this.#outliersOnEnd = 0;
    if (!isOutlier && !Number.isNaN(move)) this.#returns.add(move);
    this.#level = level;
    return false;
  }

  #judgeSize(logSize: number): boolean {
    const isOutlier = this.#sizes.scoreOf(logSize) > SIZE_SCORE;
    this.#sizes.add(logSize);
    return isOutlier;
  }
}
