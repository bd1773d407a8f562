import { describeError, InvalidInputError } from "../../base/index.ts";

type Members = Readonly<Record<string, unknown>>;

/** One object of a mapping file, read member by member; whatever is wrong is told by the member's name. */
export class MappingReader {
  readonly #members: Members;
  readonly #from: string;
  readonly #path: string;

  private constructor(members: Members, from: string, path: string) {
    this.#members = members;
    this.#from = from;
    this.#path = path;
  }

  /** @throws {InvalidInputError} when the text is not a JSON object */
  static of(text: string, from: string): MappingReader {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new InvalidInputError(`The mapping ${from} is not JSON: ${describeError(error)}. Nothing was imported`, {
        cause: error,
      });
    }
    if (!isMembers(value))
      throw new InvalidInputError(`The mapping ${from} is not a JSON object. Nothing was imported`);
    return new MappingReader(value, from, "");
  }

  wrong(name: string, what: string): InvalidInputError {
    return new InvalidInputError(
      `The mapping ${this.#from} is not right: ${this.#path}${name} ${what}. Nothing was imported; see docs/import.md`,
    );
  }

  /** Refuses members that nothing reads: they are mostly misspelled. */
  only(names: readonly string[]): void {
    const other = Object.keys(this.#members).find((name) => !names.includes(name));
    if (other !== undefined) throw this.wrong(other, `is no member; there are ${names.join(", ")}`);
  }

  text(name: string): string {
    const value = this.#members[name];
    if (typeof value !== "string" || value === "") throw this.wrong(name, "must be a text");
    return value;
  }

  truth(name: string, otherwise: boolean): boolean {
    const value = this.#members[name] ?? otherwise;
    if (typeof value !== "boolean") throw this.wrong(name, "must be true or false");
    return value;
  }

  character(name: string, otherwise: string): string {
    const value = this.#members[name] ?? otherwise;
    if (typeof value !== "string" || value.length !== 1 || value > "~" || value === '"')
      throw this.wrong(name, "must be one ASCII character");
    return value;
  }

  choice<Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value {
    const value = this.#members[name] ?? otherwise;
    const found = values.find((known) => known === value);
    if (found === undefined) throw this.wrong(name, `must be one of ${values.join(", ")}`);
    return found;
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#members[name];
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string"))
      throw this.wrong(name, "must be a list of texts");
    return value;
  }

  entries(name: string): readonly (readonly [string, string])[] {
    const value = this.#members[name];
    const entries = isMembers(value) ? Object.entries(value) : undefined;
    if (entries === undefined || !entries.every((entry): entry is [string, string] => typeof entry[1] === "string"))
      throw this.wrong(name, 'must say what each symbol is: {"BTCUSDT": "BTC-USDT-SPOT"}');
    return entries;
  }

  member(name: string): MappingReader {
    const value = this.#members[name];
    if (!isMembers(value)) throw this.wrong(name, "must be an object");
    return new MappingReader(value, this.#from, `${this.#path}${name}.`);
  }

  /**
   * A column: its name, or its number from 1 in files without a header; or an object with that as `column`, and more.
   *
   * @returns undefined when the member is absent
   */
  column(
    name: string,
    isNamed: boolean,
  ): { readonly name: string; readonly place: number; readonly options: MappingReader | undefined } | undefined {
    const value = this.#members[name];
    if (value === undefined) return undefined;
    const options = isMembers(value) ? this.member(name) : undefined;
    options?.only(
      name === "side" ? ["column", "buy", "sell", "unknown"] : name === "time" ? ["column", "unit"] : ["column"],
    );
    const column: unknown = isMembers(value) ? value["column"] : value;
    if (isNamed) {
      if (typeof column !== "string" || column === "") throw this.wrong(name, "must name a column");
      return { name: column, place: -1, options };
    }
    if (typeof column !== "number" || !Number.isInteger(column) || column < 1 || column > 256)
      throw this.wrong(name, "must be a column's number from 1, as the file has no header");
    return { name: `column ${column}`, place: column - 1, options };
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
