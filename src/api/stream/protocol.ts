import Type from "typebox";
import Value from "typebox/value";
import { BAR_INTERVALS, type BarInterval } from "../../domain/index.ts";

/**
 * The WebSocket at `/v1/stream`. A client sends requests, each with an `id` of its choice:
 *
 * ```json
 * {"op": "subscribe", "id": 1, "channel": "trades", "symbol": "BTC-USDT-SPOT", "venue": "binance"}
 * {"op": "subscribe", "id": 2, "channel": "bars", "interval": "1m", "symbol": "BTC-USDT-SPOT"}
 * {"op": "subscribe", "id": 3, "channel": "health"}
 * {"op": "unsubscribe", "id": 1}
 * {"op": "ping", "id": 9}
 * ```
 *
 * For each subscription the server sends one `snapshot` and then `update` messages, in order.
 * `sequence` counts the messages of a subscription from 0 (the snapshot) without a hole: a client that misses one knows it.
 * `symbol` and `venue` may be absent (all). Bars are sent again whenever they change; a bar is known by venue, symbol, start.
 * A client that cannot keep up is told so (`{"type":"error","code":"K2_SLOW_CONSUMER"}`) and cut off: nothing is dropped silently.
 */
export type StreamRequest = SubscribeRequest | { readonly op: "unsubscribe" | "ping"; readonly id: number };

export interface SubscribeRequest {
  readonly op: "subscribe";
  readonly id: number;
  readonly channel: "trades" | "bars" | "health";
  readonly symbol?: string;
  readonly venue?: string;
  readonly interval?: BarInterval;
  /** How many rows the snapshot holds at the most. */
  readonly snapshot?: number;
}

export type StreamMessage =
  | { readonly type: "welcome"; readonly mode: string; readonly version: string }
  | {
      readonly type: "snapshot" | "update";
      readonly id: number;
      readonly sequence: number;
      readonly rows: readonly unknown[];
    }
  | { readonly type: "unsubscribed" | "pong"; readonly id: number }
  | { readonly type: "error"; readonly id?: number | undefined; readonly code: string; readonly detail: string };

const id = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });
const requestSchema = Type.Union([
  Type.Object(
    {
      op: Type.Literal("subscribe"),
      id,
      channel: Type.Union([Type.Literal("trades"), Type.Literal("bars"), Type.Literal("health")]),
      symbol: Type.Optional(Type.String({ maxLength: 100 })),
      venue: Type.Optional(Type.String({ maxLength: 100 })),
      interval: Type.Optional(Type.Union(BAR_INTERVALS.map((interval) => Type.Literal(interval)))),
      snapshot: Type.Optional(Type.Integer({ minimum: 0, maximum: 5000 })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    { op: Type.Union([Type.Literal("unsubscribe"), Type.Literal("ping")]), id },
    { additionalProperties: false },
  ),
]);

/** @returns the request, or a text that says what is wrong with it */
export function readRequest(text: string): StreamRequest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "Not JSON";
  }
  if (Value.Check(requestSchema, value)) return value as StreamRequest;
  return 'Not a request. Write for example {"op":"subscribe","id":1,"channel":"trades","symbol":"BTC-USDT-SPOT"}';
}
