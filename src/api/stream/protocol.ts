import Type from "typebox";
import Format from "typebox/format";
import Value from "typebox/value";
import { BAR_INTERVALS, type BarInterval } from "../../domain/index.ts";
import { InvalidRequestError } from "../errors.ts";
import { INPUT_FORMATS } from "../input-formats.ts";
import { inputProblems } from "../input-problems.ts";

/** What a client may subscribe to. */
export const CHANNELS = ["trades", "bars", "quotes", "book", "book_changes", "health"] as const;
export type Channel = (typeof CHANNELS)[number];

/** What a client of `/v1/stream` may send, each a JSON text frame; docs/api.md describes it. */
export type StreamRequest = SubscribeRequest | { readonly op: "unsubscribe" | "ping"; readonly id: number };

export interface SubscribeRequest {
  readonly op: "subscribe";
  readonly id: number;
  readonly channel: Channel;
  readonly symbol?: string;
  readonly venue?: string;
  readonly interval?: BarInterval;
  /** How many rows the snapshot holds at the most. */
  readonly snapshot?: number;
  /** Of a book: levels a side at the most. */
  readonly depth?: number;
}

/** What the server sends, each a JSON text frame. */
export type StreamMessage =
  | { readonly type: "welcome"; readonly mode: string; readonly version: string }
  | {
      readonly type: "snapshot" | "update";
      readonly id: number;
      /** Counts the messages of a subscription from 0 (the snapshot) without a hole. */
      readonly sequence: number;
      readonly rows: readonly unknown[];
    }
  | { readonly type: "unsubscribed" | "pong"; readonly id: number }
  | {
      readonly type: "error";
      /** Of the request; absent where it had none, or where the connection as a whole is meant. */
      readonly id?: number | undefined;
      readonly code: string;
      readonly remedy: string;
      readonly detail: string;
    };

const id = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });
const strict = { additionalProperties: false };
const plain = { op: Type.String(), id };
const listing = {
  symbol: Type.Optional(Type.String({ format: "instrument-id" })),
  venue: Type.Optional(Type.String({ format: "venue" })),
};
/** Of one book there is a bound, of all there is none. */
const oneBook = { ...listing, symbol: Type.String({ format: "instrument-id" }) };
const depth = Type.Optional(Type.Integer({ minimum: 1, maximum: 5000 }));
const snapshot = Type.Optional(Type.Integer({ minimum: 0, maximum: 5000 }));
const subscribe = { ...plain, channel: Type.Enum([...CHANNELS]) };

/** By what is asked for, so that an answer names the fields that belong to it. */
const SCHEMAS: Readonly<Record<string, ReturnType<typeof Type.Object>>> = {
  unsubscribe: Type.Object(plain, strict),
  ping: Type.Object(plain, strict),
  subscribe: Type.Object(subscribe, strict),
  "subscribe trades": Type.Object({ ...subscribe, ...listing, snapshot }, strict),
  "subscribe bars": Type.Object(
    { ...subscribe, ...listing, snapshot, interval: Type.Optional(Type.Enum([...BAR_INTERVALS])) },
    strict,
  ),
  "subscribe quotes": Type.Object({ ...subscribe, ...listing }, strict),
  "subscribe book": Type.Object({ ...subscribe, ...oneBook, depth }, strict),
  "subscribe book_changes": Type.Object({ ...subscribe, ...oneBook }, strict),
  "subscribe health": Type.Object(subscribe, strict),
};

for (const [name, explain] of Object.entries(INPUT_FORMATS)) Format.Set(name, (text) => explain(text) === undefined);

/** @throws {InvalidRequestError} naming all that is wrong */
export function readRequest(text: string): StreamRequest {
  const value = parseObject(text);
  const { op, channel } = value;
  const schema = SCHEMAS[op === "subscribe" ? `subscribe ${channel}` : String(op)] ?? SCHEMAS["subscribe"];
  if (typeof op !== "string" || (op !== "subscribe" && SCHEMAS[op] === undefined) || schema === undefined) {
    throw new InvalidRequestError([
      { name: "op", detail: `op is ${JSON.stringify(op)}; write subscribe, unsubscribe or ping` },
    ]);
  }
  if (Value.Check(schema, value)) return value as unknown as StreamRequest;
  const names = Object.keys(schema.properties);
  throw new InvalidRequestError(inputProblems(Value.Errors(schema, value), { value, names, kind: "field" }));
}

/** The id of a request that is otherwise wrong, so that the answer names it too. */
export function requestId(text: string): number | undefined {
  try {
    const { id: found } = parseObject(text);
    return Value.Check(id, found) ? found : undefined;
  } catch {
    return undefined;
  }
}

const EXAMPLE = '{"op":"subscribe","id":1,"channel":"trades","symbol":"BTC-USDT-SPOT"}';

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  const seen = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  throw new InvalidRequestError([
    { detail: `Not a JSON object: ${JSON.stringify(seen)}. Write for example ${EXAMPLE}` },
  ]);
}
