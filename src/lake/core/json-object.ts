import { LakeCorruptError } from "../errors.ts";
import { formatJson, type Json, type JsonObject } from "./json.ts";

/** Typed look at one JSON object of a document; a wrong type is a {@link LakeCorruptError} that names the member. */
export class JsonReader {
  readonly #object: JsonObject;
  readonly #what: string;

  constructor(value: Json | undefined, what: string) {
    if (!isObject(value)) throw wrong(what, "an object", value);
    this.#object = value;
    this.#what = what;
  }

  has(name: string): boolean {
    return this.#object[name] !== undefined && this.#object[name] !== null;
  }

  raw(name: string): Json | undefined {
    return this.#object[name] ?? undefined;
  }

  text(name: string): string {
    const value = this.raw(name);
    if (typeof value !== "string") throw wrong(`${this.#what}.${name}`, "a string", value);
    return value;
  }

  /** One of the words, in whatever case. */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const text = this.text(name).toLowerCase();
    const word = words.find((each) => each === text);
    if (word === undefined) throw wrong(`${this.#what}.${name}`, `one of ${words.join(", ")}`, this.raw(name));
    return word;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    if (typeof value !== "boolean") throw wrong(`${this.#what}.${name}`, "true or false", value);
    return value;
  }

  /** A whole number that a double holds exactly. */
  integer(name: string): number {
    const value = this.raw(name);
    if (!Number.isSafeInteger(value)) throw wrong(`${this.#what}.${name}`, "a whole number below 2^53", value);
    return Number(value);
  }

  optionalInteger(name: string): number | undefined {
    return this.has(name) ? this.integer(name) : undefined;
  }

  /** A whole number of up to 64 bits. */
  long(name: string): bigint {
    const value = this.raw(name);
    if (typeof value === "bigint") return value;
    if (Number.isSafeInteger(value)) return BigInt(Number(value));
    throw wrong(`${this.#what}.${name}`, "a whole number", value);
  }

  optionalLong(name: string): bigint | undefined {
    return this.has(name) ? this.long(name) : undefined;
  }

  list(name: string): readonly Json[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) throw wrong(`${this.#what}.${name}`, "a list", value);
    return value;
  }

  optionalList(name: string): readonly Json[] {
    return this.has(name) ? this.list(name) : [];
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((item) => {
      if (typeof item !== "string") throw wrong(`${this.#what}.${name}`, "a list of strings", item);
      return item;
    });
  }

  integers(name: string): readonly number[] {
    return this.longs(name).map((item) => {
      if (!Number.isSafeInteger(Number(item))) throw wrong(`${this.#what}.${name}`, "whole numbers below 2^53", item);
      return Number(item);
    });
  }

  /** Whole numbers of up to 64 bits. */
  longs(name: string): readonly bigint[] {
    return this.list(name).map((item) => {
      if (typeof item === "bigint") return item;
      if (Number.isSafeInteger(item)) return BigInt(Number(item));
      throw wrong(`${this.#what}.${name}`, "a list of whole numbers", item);
    });
  }

  objects(name: string): readonly JsonReader[] {
    return this.optionalList(name).map((item, index) => new JsonReader(item, `${this.#what}.${name}[${index}]`));
  }

  object(name: string): JsonReader {
    return new JsonReader(this.raw(name), `${this.#what}.${name}`);
  }

  /** A map of strings; empty where the member is absent. */
  textMap(name: string): Readonly<Record<string, string>> {
    if (!this.has(name)) return {};
    const value = this.raw(name);
    if (!isObject(value)) throw wrong(`${this.#what}.${name}`, "an object of strings", value);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, typeof item === "string" ? item : formatJson(item)]),
    );
  }

  /** The members that are not in `known`, kept so that a rewrite loses nothing another writer put there. */
  rest(known: ReadonlySet<string>): JsonObject {
    return Object.fromEntries(Object.entries(this.#object).filter(([name]) => !known.has(name)));
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(what: string, expected: string, seen: Json | undefined): LakeCorruptError {
  const text = seen === undefined ? "nothing" : formatJson(seen).slice(0, 80);
  return new LakeCorruptError(`Cannot read ${what}: expected ${expected}, found ${text}. Nothing was changed`);
}
