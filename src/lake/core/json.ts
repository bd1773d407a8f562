import { LakeCorruptError } from "../errors.ts";

/**
 * JSON that keeps 64-bit integers: a whole number beyond 2^53 is a bigint, never a rounded double.
 * Snapshot ids of other writers use 63 bits.
 */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** @throws {LakeCorruptError} naming the position */
export function parseJson(text: string): Json {
  const parser = new JsonParser(text);
  return parser.document();
}

/** Members that are undefined are left out. */
export function formatJson(value: Json | undefined): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(formatJson).join(",")}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${formatJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const SPACE = /[ \t\r\n]*/y;
const DEPTH_MAX = 200;

class JsonParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    const value = this.#value();
    this.#space();
    if (this.#at !== this.#text.length) this.#fail("text after the end");
    return value;
  }

  #value(): Json {
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} levels`);
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): JsonObject {
    const members: [string, Json][] = [];
    this.#at += 1;
    this.#space();
    if (this.#take("}")) return {};
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail("expected a member name");
      const name = this.#string();
      this.#space();
      this.#expect(":");
      members.push([name, this.#value()]);
      this.#space();
    } while (this.#take(","));
    this.#expect("}");
    return Object.fromEntries(members); // Defines own members, "__proto__" too.
  }

  #array(): Json[] {
    const items: Json[] = [];
    this.#at += 1;
    this.#space();
    if (this.#take("]")) return items;
    do {
      items.push(this.#value());
      this.#space();
    } while (this.#take(","));
    this.#expect("]");
    return items;
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end > 0 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) this.#fail("a string without its end");
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, end + 1));
    } catch {
      return this.#fail("a malformed string");
    }
  }

  #isEscaped(quote: number): boolean {
    let slashes = 0;
    while (this.#text[quote - 1 - slashes] === "\\") slashes += 1;
    return slashes % 2 === 1;
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) return this.#fail("expected a value");
    this.#at = NUMBER.lastIndex;
    const value = Number(match[0]);
    if (match[1] !== undefined || match[2] !== undefined || Number.isSafeInteger(value)) return value;
    return BigInt(match[0]);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail("expected a value");
    this.#at += word.length;
    return value;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#fail(`expected ${character}`);
  }

  #fail(what: string): never {
    const around = this.#text.slice(Math.max(0, this.#at - 20), this.#at + 20);
    throw new LakeCorruptError(
      `Cannot read JSON: ${what} at character ${this.#at}, near ${JSON.stringify(around)}. ` +
        "Nothing of the document was used; restore the file from its writer",
    );
  }
}
