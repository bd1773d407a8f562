import type {
  CandleRecord,
  FundingRecord,
  LiquidationRecord,
  StatusRecord,
  TickerRecord,
  VenueDataContext,
} from "../../domain/index.ts";
import type { Row } from "./row.ts";

/** Where a format puts the records of one frame: whole ones go on, others are refused with what is wrong with them. */
export class Sheet {
  readonly #context: VenueDataContext;
  /** Records of the frame so far, refused ones included. */
  count = 0;

  constructor(context: VenueDataContext) {
    this.#context = context;
  }

  /** See VenueDataContext: for channels of a whole market. */
  isConfigured(rawSymbol: string): boolean {
    return this.#context.isConfigured(rawSymbol);
  }

  ticker(row: Row, record: TickerRecord): void {
    if (this.#isWhole(row, record.rawSymbol)) this.#context.ticker(record);
  }

  candle(row: Row, record: CandleRecord): void {
    if (this.#isWhole(row, record.rawSymbol)) this.#context.candle(record);
  }

  funding(row: Row, record: FundingRecord): void {
    if (this.#isWhole(row, record.rawSymbol)) this.#context.funding(record);
  }

  liquidation(row: Row, record: LiquidationRecord): void {
    if (this.#isWhole(row, record.rawSymbol)) this.#context.liquidation(record);
  }

  status(row: Row, record: StatusRecord): void {
    if (this.#isWhole(row, record.rawSymbol)) this.#context.status(record);
  }

  /** The frame says that it is of a chosen channel, and then is not. */
  malformed(detail: string): "refused" {
    this.#context.refuse("malformed", detail);
    return "refused";
  }

  #isWhole({ problem, frameIndex }: Row, rawSymbol: string): boolean {
    this.count += 1;
    if (problem === undefined) return true;
    this.#context.refuse("malformed", problem, rawSymbol === "" ? { frameIndex } : { rawSymbol, frameIndex });
    return false;
  }
}
