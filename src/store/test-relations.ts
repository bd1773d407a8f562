import { expect } from "vitest";
import { type TableDefinition, TRADES } from "../domain/index.ts";
import type { RelationFilter, Store, StorePin } from "./store.ts";
import { listingsChunk } from "./test-records.ts";

export interface OpenStoreOptions {
  readonly segmentRowsMax?: number;
  readonly heldRowsMax?: number;
}

export type OpenStore = (options?: OpenStoreOptions) => Promise<Store>;

export async function opened(open: OpenStore, options: OpenStoreOptions = {}): Promise<Store> {
  const store = await open(options);
  await store.apply(listingsChunk());
  return store;
}

export function chunkOf(topic: string): { topic: string; partition: number; firstOffset: number; appendedMs: number } {
  return { topic, partition: 0, firstOffset: 0, appendedMs: 0 };
}

export function relationOf(pin: StorePin, table: TableDefinition, filter: RelationFilter = {}): string {
  return pin.relation(table, filter) ?? "SELECT 0 AS _partition, 0::BIGINT AS _offset WHERE false";
}

export async function select(
  store: Store,
  table: TableDefinition,
  columns: string,
): Promise<readonly (readonly unknown[])[]> {
  using pin = store.pin();
  const relation = relationOf(pin, table);
  return (await store.query(`SELECT ${columns} FROM (${relation}) ORDER BY _partition, _offset`)).rows;
}

export async function filtered(store: Store, filter: RelationFilter, columns: string): ReturnType<Store["query"]> {
  using pin = store.pin();
  return await store.query(`SELECT ${columns} FROM (${relationOf(pin, TRADES, filter)})`);
}

export async function offsets(store: Store, filter: RelationFilter): Promise<readonly (readonly unknown[])[]> {
  using pin = store.pin();
  const relation = relationOf(pin, TRADES, filter);
  return (await store.query(`SELECT _partition, _offset FROM (${relation}) ORDER BY ALL`)).rows;
}

export async function counted(store: Store): Promise<readonly (readonly unknown[])[]> {
  return (await filtered(store, {}, "count(*), count(DISTINCT (_partition, _offset))")).rows;
}

export async function expectColumns(store: Store, table: TableDefinition): Promise<void> {
  using pin = store.pin();
  const { columns } = await store.query(relationOf(pin, table));
  expect(columns).toEqual(table.columns.map(({ name, type }) => ({ name, type: duckdb(type) })));
}

/** DuckDB's name of a column's type. */
export function duckdb(type: string): string {
  const names: Record<string, string> = {
    string: "VARCHAR",
    int: "INTEGER",
    long: "BIGINT",
    timestamptz: "TIMESTAMP WITH TIME ZONE",
    binary: "BLOB",
  };
  return names[type] ?? type.toUpperCase();
}
