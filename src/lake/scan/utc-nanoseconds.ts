/** Types of Thrift's compact protocol. @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md */
const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

/** Field numbers. @see https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
const SCHEMA = 2;
const FIELD_ID = 9;
const LOGICAL_TYPE = 10;
const TIMESTAMP = 8;
const IS_ADJUSTED_TO_UTC = 1;
const UNIT = 2;
const NANOS = 3;

/** A column of times in nanoseconds, as a Parquet footer tells. */
export interface NanosecondMark {
  /** Offset of the byte whose low half says whether it is adjusted to UTC: {@link UTC} or {@link NOT_UTC}. */
  readonly at: number;
  readonly isUtc: boolean;
  readonly fieldId: number | undefined;
}

/** The low half of a mark. */
export const UTC: number = TRUE;
export const NOT_UTC: number = FALSE;

/** @throws {RangeError} when the bytes are not a Parquet footer */
export function nanosecondMarks(footer: Uint8Array): readonly NanosecondMark[] {
  const marks: NanosecondMark[] = [];
  const walker = new Walker(footer);
  walker.struct((field, type) => {
    if (field !== SCHEMA || type !== LIST) return walker.skip(type);
    walker.list(() => {
      let fieldId: number | undefined;
      let mark: Omit<NanosecondMark, "fieldId"> | undefined;
      walker.struct((member, memberType) => {
        if (member === LOGICAL_TYPE && memberType === STRUCT) mark = findMark(walker);
        else if (member === FIELD_ID && memberType === I32) fieldId = walker.integer();
        else walker.skip(memberType);
      });
      if (mark !== undefined) marks.push({ ...mark, fieldId });
    });
  });
  return marks;
}

function findMark(walker: Walker): Omit<NanosecondMark, "fieldId"> | undefined {
  let found: Omit<NanosecondMark, "fieldId"> | undefined;
  walker.struct((kind, type) => {
    if (kind !== TIMESTAMP || type !== STRUCT) return walker.skip(type);
    let mark: Omit<NanosecondMark, "fieldId"> | undefined;
    let isNanos = false;
    walker.struct((field, fieldType, at) => {
      if (field === IS_ADJUSTED_TO_UTC) mark = { at, isUtc: fieldType === TRUE };
      if (field !== UNIT || fieldType !== STRUCT) return walker.skip(fieldType);
      walker.struct((unit, unitType) => {
        isNanos = unit === NANOS;
        walker.skip(unitType);
      });
    });
    if (isNanos) found = mark;
  });
  return found;
}

class Walker {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @param visit is given each field's number, type and place, and must pass over its value */
  struct(visit: (field: number, type: number, at: number) => void): void {
    let field = 0;
    for (;;) {
      const at = this.#at;
      const header = this.#byte();
      if (header === 0) return;
      field = header >> 4 === 0 ? zigzag(this.#varint()) : field + (header >> 4);
      visit(field, header & 0x0f, at);
    }
  }

  integer(): number {
    return zigzag(this.#varint());
  }

  list(visit: (type: number) => void): void {
    const header = this.#byte();
    const count = header >> 4 === 15 ? this.#varint() : header >> 4;
    for (let index = 0; index < count; index += 1) visit(header & 0x0f);
  }

  skip(type: number): void {
    switch (type) {
      case TRUE:
      case FALSE:
        return;
      case BYTE:
        this.#pass(1);
        return;
      case I16:
      case I32:
      case I64:
        this.#varint();
        return;
      case DOUBLE:
        this.#pass(8);
        return;
      case BINARY:
        this.#pass(this.#varint());
        return;
      case LIST:
      case SET:
        this.list((each) => (each === TRUE || each === FALSE ? this.#pass(1) : this.skip(each)));
        return;
      case MAP:
        this.#skipMap();
        return;
      case STRUCT:
        this.struct((_, each) => this.skip(each));
        return;
      default:
        throw new RangeError(`type ${type} at byte ${this.#at} of a footer`);
    }
  }

  #skipMap(): void {
    const count = this.#varint();
    if (count === 0) return;
    const types = this.#byte();
    for (let index = 0; index < count; index += 1) {
      this.skip(types >> 4);
      this.skip(types & 0x0f);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError(`a footer that ends at byte ${this.#at}`);
    this.#at += 1;
    return byte;
  }

  #varint(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  #pass(byteLength: number): void {
    this.#at += byteLength;
    if (this.#at > this.#bytes.byteLength) throw new RangeError("a footer that ends within a value");
  }
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
