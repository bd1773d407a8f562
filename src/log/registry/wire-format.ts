import { InvalidInputError } from "../../base/index.ts";

/*
 * The Confluent wire format, in which a Kafka value names its schema:
 *
 *   0 u8 magic (0)   1 u32 schema id, big-endian   5 Avro binary
 *
 * Source: https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
const MAGIC = 0;
const HEADER_BYTES = 5;

/** `payload` with its schema's id before it. */
export function toWireFormat(schemaId: number, payload: Uint8Array): Uint8Array {
  const framed = new Uint8Array(HEADER_BYTES + payload.byteLength);
  framed[0] = MAGIC;
  new DataView(framed.buffer).setUint32(1, schemaId);
  framed.set(payload, HEADER_BYTES);
  return framed;
}

export interface WireMessage {
  readonly schemaId: number;
  /** A view of the message's bytes, not a copy. */
  readonly payload: Uint8Array;
}

/** @throws {InvalidInputError} when the bytes are not of the wire format, such as Avro or JSON without a schema id */
export function fromWireFormat(message: Uint8Array): WireMessage {
  if (message.byteLength < HEADER_BYTES || message[0] !== MAGIC) {
    throw new InvalidInputError(
      `Not of the Confluent wire format: ${message.byteLength} bytes starting with ${message[0] ?? "nothing"}, not ${HEADER_BYTES} or more starting with 0. Is the producer's serialiser a schema registry one?`,
    );
  }
  const schemaId = new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(1);
  return { schemaId, payload: message.subarray(HEADER_BYTES) };
}
