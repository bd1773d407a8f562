import { isObject, JsonNumber } from "../decode/lexeme-json.ts";
import { rfc3339Time, unixTime } from "../decode/times-in-text.ts";
import { excerpt, isDecimalText } from "../decode/trade-fields.ts";

type Key = string | number;

/**
 * One record of a message while it is read: an object, or a list where the venue names fields by their place. Gives
 * fields as texts and remembers the first that is wrong, so that a reader is a table of fields and no more.
 *
 * A field that is absent, null or "" is not published: venues write all three. A number may stand in quotes or bare; its
 * own digits are given either way.
 */
export class Row {
  readonly #fields: Readonly<Record<Key, unknown>>;
  /** Place of the record within its frame. */
  readonly frameIndex: number;
  /** What is wrong with the record; undefined: nothing so far. */
  problem: string | undefined;

  constructor(record: unknown, frameIndex = 0) {
    this.frameIndex = frameIndex;
    const isRecord = isObject(record) || Array.isArray(record);
    this.#fields = isRecord ? (record as Readonly<Record<Key, unknown>>) : {};
    if (!isRecord) this.problem = "a record is neither an object nor a list";
  }

  /** What stands there, as it was parsed. */
  raw(key: Key): unknown {
    return this.#fields[key];
  }

  has(key: Key): boolean {
    const value = this.#fields[key];
    return value !== undefined && value !== null && value !== "";
  }

  /** A text that has to be there. */
  text(key: Key): string {
    const value = this.#fields[key];
    if (typeof value === "string" && value !== "") return value;
    return this.#fail(`${key} is not a text`);
  }

  /** A text that may be left out. */
  textIfAny(key: Key): string | undefined {
    return this.has(key) ? this.text(key) : undefined;
  }

  /** A number's own digits. */
  number(key: Key): string {
    return this.numberIfAny(key) ?? this.#fail(`${key} is missing`);
  }

  numberIfAny(key: Key): string | undefined {
    if (!this.has(key)) return undefined;
    const text = numberText(this.#fields[key]);
    return text !== undefined && isDecimalText(text) ? text : this.#fail(`${key} is not a decimal number`);
  }

  /** As `numberIfAny`, where the venue writes 0 for what there is not. */
  numberUnlessZero(key: Key): string | undefined {
    const text = this.numberIfAny(key);
    return text === undefined || /^-?[0.]+$/.test(text) ? undefined : text;
  }

  /** A number of the venue's that counts messages or trades; undefined where a double would round it. */
  countIfAny(key: Key): number | undefined {
    const text = this.numberIfAny(key);
    const count = text === undefined || !/^\d{1,16}$/.test(text) ? undefined : Number(text);
    return count !== undefined && Number.isSafeInteger(count) ? count : undefined;
  }

  /** The id of a trade, as it was written; undefined where the venue says -1: there is none. */
  tradeIdIfAny(key: Key): string | undefined {
    const text = this.has(key) ? (numberText(this.#fields[key]) ?? this.#fail(`${key} is not an id`)) : undefined;
    return text === undefined || text.startsWith("-") ? undefined : text;
  }

  /** A Unix time in milliseconds (16 digits: microseconds) that has to be there. @returns microseconds */
  unixTimeUs(key: Key): number {
    const time = unixTime(numberText(this.#fields[key]) ?? "");
    return time?.us ?? this.#failNumber(`${key} is not a Unix time in milliseconds`);
  }

  /** The same where it may be left out, or be 0. */
  unixTimeUsIfAny(key: Key): number | undefined {
    return this.has(key) && numberText(this.#fields[key]) !== "0" ? this.unixTimeUs(key) : undefined;
  }

  /** A Unix time in whole seconds. @returns microseconds */
  unixSecondsUs(key: Key): number {
    const text = numberText(this.#fields[key]) ?? "";
    return /^\d{1,10}$/.test(text) ? Number(text) * 1_000_000 : this.#failNumber(`${key} is no Unix time in seconds`);
  }

  /** An RFC 3339 time, of which the record's event time is made. */
  rfc3339(key: Key): { readonly eventTimeUs: number; readonly eventTimeNanos: number } {
    const value = this.#fields[key];
    const time = rfc3339Time(typeof value === "string" ? value : "");
    if (time === undefined) this.#fail(`${key} is not an RFC 3339 time`);
    return { eventTimeUs: time?.us ?? 0, eventTimeNanos: time?.nanos ?? 0 };
  }

  /** A record within the record; what is wrong with it is wrong with this one, once it is `adopt`ed. */
  row(key: Key): Row {
    return new Row(this.#fields[key], this.frameIndex);
  }

  adopt(inner: Row): void {
    this.problem ??= inner.problem;
  }

  /** @returns always "", for expressions; the record will be refused */
  #fail(problem: string): string {
    const shown =
      Object.keys(this.#fields).length === 0 ? "" : `: ${excerpt(JSON.stringify(this.#fields, plainNumber))}`;
    this.problem ??= problem + shown;
    return "";
  }

  #failNumber(problem: string): number {
    this.#fail(problem);
    return 0;
  }

  /** Refuses the record for what its reader found. */
  fail(problem: string): void {
    this.#fail(problem);
  }
}

/** The digits of a number in quotes or bare; undefined for what is none, and for a bare one that was rounded. */
function numberText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (value instanceof JsonNumber) return value.text;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : undefined;
}

function plainNumber(_key: string, value: unknown): unknown {
  return value instanceof JsonNumber ? value.text : value;
}
