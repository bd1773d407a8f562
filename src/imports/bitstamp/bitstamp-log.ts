import {
  ASK,
  BID,
  type BookLevels,
  ORDER_ADD,
  ORDER_FLAGS,
  ORDER_MODIFY,
  ORDER_REMOVE,
  type OrderEvents,
  parseDecimal,
  rescaled,
  STORED_SCALE,
} from "../../domain/index.ts";

/** A trade of the log. */
export interface BitstampTrade {
  readonly id: number;
  /** Mantissas at STORED_SCALE. */
  readonly price: bigint;
  readonly size: bigint;
  readonly receiveTimeUs: number;
}

/** What a line is read into. */
export interface BitstampContext {
  /** Gets a row for each change of an order: prices and sizes at STORED_SCALE, in bitcoins. */
  readonly events: OrderEvents;
  /** Holds, after a line with the venue's own best levels, these: bids and then asks, best first. */
  readonly levels: BookLevels;
  trade(trade: BitstampTrade): void;
  refuse(line: number, detail: string): void;
}

/** What a line was. */
export type BitstampLine = "order" | "trade" | "book" | "refused";

const ACTIONS: Readonly<Record<string, number>> = {
  order_created: ORDER_ADD,
  order_changed: ORDER_MODIFY,
  order_deleted: ORDER_REMOVE,
};
const SPACE = 0x20;
const decoder = new TextDecoder();

interface OrderFields {
  readonly id?: unknown;
  readonly price?: unknown;
  readonly amount?: unknown;
  readonly order_type?: unknown;
}

/**
 * Reads one line of a recorded log of Bitstamp's live orders, `<receive time, ms> <event> <JSON>`.
 *
 * Order events and books tell numbers as texts. Trades tell them as numbers of JSON that someone's doubles went through
 * (9.9999999999999995e-07 for 0.00000100): such a number is taken as the one number of eight decimals whose double it is.
 * The lines of orders are not in the venue's order: see L3BookOptions.deadMax. The log's `datetime` is when an order was
 * born, to the second, so that the time of an event is when it was received.
 *
 * @param line its number, for refusals and as the events' sequence
 * @see https://www.bitstamp.net/websocket/v2/
 */
export function readBitstampLine(bytes: Uint8Array, line: number, context: BitstampContext): BitstampLine {
  const first = bytes.indexOf(SPACE);
  const second = bytes.indexOf(SPACE, first + 1);
  const time = Number(decoder.decode(bytes.subarray(0, Math.max(0, first))));
  if (first < 0 || second < 0 || !Number.isSafeInteger(time)) return refused(line, context, "no time or no event");
  const kind = decoder.decode(bytes.subarray(first + 1, second));
  try {
    const fields: unknown = JSON.parse(decoder.decode(bytes.subarray(second + 1)));
    if (typeof fields !== "object" || fields === null) return refused(line, context, "no fields");
    const action = ACTIONS[kind];
    if (action !== undefined) return readOrder(fields, { action, time, line, context });
    if (kind === "trade") return readTrade(fields, { time, line, context });
    if (kind === "order_book") return readBook(fields, { line, context });
    return refused(line, context, `there is no event ${kind}`);
  } catch (error) {
    return refused(line, context, error instanceof Error ? error.message : String(error));
  }
}

function readOrder(
  { id, price, amount, order_type: type }: OrderFields,
  at: { readonly action: number; readonly time: number; readonly line: number; readonly context: BitstampContext },
): BitstampLine {
  const { events } = at.context;
  const priceMantissa = exact(price);
  const size = exact(amount);
  if (typeof id !== "number" || !Number.isSafeInteger(id) || (type !== 0 && type !== 1))
    return refused(at.line, at.context, "the order has no id or no side");
  if (priceMantissa === undefined || size === undefined)
    return refused(at.line, at.context, `price ${price} or amount ${amount} has more than ${STORED_SCALE} decimals`);
  const row = events.nextRow();
  events.action[row] = at.action;
  events.side[row] = type === 0 ? BID : ASK;
  events.flags[row] = ORDER_FLAGS.last;
  events.instrument[row] = 0;
  events.order.setNumber(row, id);
  events.price.set(row, priceMantissa);
  events.size.set(row, size);
  events.sequence.setNumber(row, at.line);
  events.eventTimeUs[row] = at.time * 1000;
  events.eventTimeNanos[row] = 0;
  events.receiveTimeUs[row] = at.time * 1000;
  events.receiveTimeNanos[row] = 0;
  events.length += 1;
  return "order";
}

function readTrade(
  { id, price, amount }: OrderFields,
  { time, line, context }: { readonly time: number; readonly line: number; readonly context: BitstampContext },
): BitstampLine {
  const priceMantissa = exact(price);
  const size = exact(amount);
  if (typeof id !== "number" || priceMantissa === undefined || size === undefined)
    return refused(
      line,
      context,
      `id ${id}, price ${price} or amount ${amount} is no number of ${STORED_SCALE} decimals`,
    );
  context.trade({ id, price: priceMantissa, size, receiveTimeUs: time * 1000 });
  return "trade";
}

function readBook(
  fields: { readonly bids?: unknown; readonly asks?: unknown },
  { line, context }: { readonly line: number; readonly context: BitstampContext },
): BitstampLine {
  const { levels } = context;
  levels.clear();
  for (const [side, pairs] of [
    [BID, fields.bids],
    [ASK, fields.asks],
  ] as const) {
    if (!Array.isArray(pairs)) return refused(line, context, "the book lacks a side");
    for (const pair of pairs as readonly unknown[]) {
      const [price, size] = Array.isArray(pair) ? [exact(pair[0]), exact(pair[1])] : [];
      if (price === undefined || size === undefined) return refused(line, context, "a level is no pair of numbers");
      levels.push(side, { price, size });
    }
  }
  return "book";
}

/** The mantissa at STORED_SCALE of a text, or of a double that stands for a number of so many decimals. */
function exact(value: unknown): bigint | undefined {
  if (typeof value === "string") return rescaled(parseDecimal(value), STORED_SCALE);
  if (typeof value !== "number") return undefined;
  const scale = 10 ** STORED_SCALE;
  const mantissa = Math.round(value * scale);
  // Division rounds to the nearest double, as reading the decimal text would: equal means that it is that number's.
  return Number.isSafeInteger(mantissa) && mantissa / scale === value ? BigInt(mantissa) : undefined;
}

function refused(line: number, context: BitstampContext, detail: string): "refused" {
  context.refuse(line, detail);
  return "refused";
}
