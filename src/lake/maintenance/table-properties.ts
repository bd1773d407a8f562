import { InvalidInputError } from "../../base/index.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import { parseDurationMs } from "./durations.ts";

/** A whole number that a property of the table sets; undefined where it is not set. @throws {InvalidInputError} */
export function numberProperty({ properties, location }: TableMetadata, name: string): number | undefined {
  const text = properties[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidInputError(
    `Property ${name} of ${location} is ${JSON.stringify(text)}: a whole number was expected`,
  );
}

/** As {@link numberProperty}, of `90d`, `12h` or milliseconds. */
export function durationProperty({ properties }: TableMetadata, name: string): number | undefined {
  const text = properties[name];
  return text === undefined ? undefined : parseDurationMs(text);
}

/**
 * Whether the table's files are its own to remove; false where other tables may share them.
 *
 * @see https://iceberg.apache.org/docs/latest/configuration/ gc.enabled
 */
export function mayRemoveFiles({ properties }: TableMetadata): boolean {
  return properties["gc.enabled"] !== "false";
}
