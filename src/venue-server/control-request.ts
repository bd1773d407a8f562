import { type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { InvalidInputError } from "../base/index.ts";
import { FAULT_KINDS, type FaultPlan } from "./faults/index.ts";
import type { Rewind, Speed } from "./play/index.ts";

/** What `POST /control` may ask for, one or several at once, done in this order. */
export interface ControlRequest {
  readonly pause?: true;
  readonly speed?: Speed;
  readonly faults?: FaultPlan;
  readonly rewind?: Rewind;
  readonly disconnect?: DisconnectRequest;
  readonly resume?: true;
}

/** Ends connections now. Without a feed: of all; without a close code: no close frame. */
export interface DisconnectRequest {
  readonly feed?: string;
  readonly closeCode?: number;
}

const strict = { additionalProperties: false };
const positive = Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 });
const count = Type.Integer({ minimum: 0 });
const closeCode = Type.Integer({ minimum: 1000, maximum: 4999 });
const faultRule = Type.Object(
  {
    kind: Type.Union(FAULT_KINDS.map((kind) => Type.Literal(kind))),
    feed: Type.Optional(Type.String()),
    probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    at: Type.Optional(Type.Array(count, { maxItems: 100_000 })),
    timesMax: Type.Optional(count),
    closeCode: Type.Optional(closeCode),
    windowMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    durationMs: Type.Optional(Type.Number({ minimum: 0, maximum: 3_600_000 })),
  },
  strict,
);
const faultPlan = Type.Object({ seed: Type.Integer(), rules: Type.Array(faultRule, { maxItems: 1000 }) }, strict);
const request = Type.Object(
  {
    pause: Type.Optional(Type.Literal(true)),
    resume: Type.Optional(Type.Literal(true)),
    speed: Type.Optional(Type.Union([positive, Type.Literal("max")])),
    faults: Type.Optional(faultPlan),
    disconnect: Type.Optional(
      Type.Object({ feed: Type.Optional(Type.String()), closeCode: Type.Optional(closeCode) }, strict),
    ),
    rewind: Type.Optional(
      Type.Object(
        {
          feed: Type.String(),
          symbol: Type.Optional(Type.String()),
          afterTradeId: Type.Optional(Type.String({ pattern: "^\\d{1,19}$" })),
          trades: Type.Optional(count),
          frames: Type.Optional(count),
        },
        strict,
      ),
    ),
  },
  strict,
);

/** @throws {InvalidInputError} naming the field that is wrong */
export function parseControlRequest(value: unknown): ControlRequest {
  return checked(request, value, "control request") as ControlRequest;
}

/** @throws {InvalidInputError} naming the field that is wrong */
export function checkFaultPlan(plan: FaultPlan): FaultPlan {
  return checked(faultPlan, plan, "fault plan") as FaultPlan;
}

/** @throws {InvalidInputError} unless it is above zero or "max" */
export function checkSpeed(speed: Speed): Speed {
  return checked(Type.Union([positive, Type.Literal("max")]), speed, "speed") as Speed;
}

function checked(schema: TSchema, value: unknown, what: string): unknown {
  if (Value.Check(schema, value)) return value;
  const problems = [...Value.Errors(schema, value)];
  const first = problems.find(({ message }) => message !== "schema is false"); // Said again, better, of the object itself.
  const names =
    first?.keyword === "additionalProperties" ? ` ${JSON.stringify(first.params.additionalProperties)}` : "";
  throw new InvalidInputError(
    `Not a ${what}: ${first?.instancePath || "its root"} ${first?.message ?? "is wrong"}${names}. Nothing was changed; correct it and ask again`,
  );
}
