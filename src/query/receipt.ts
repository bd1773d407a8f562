/** What the answer was made of, enough to ask again and get the same. */
export interface Receipt {
  /** Iceberg snapshot id by table name, decimal text; absent where the table has none yet. */
  readonly snapshots: Readonly<Record<string, string>>;
  /** Per table, "partition:offset" up to which (exclusive) rows came from the lake and from the live tail. */
  readonly lakeOffsets: Readonly<Record<string, readonly string[]>>;
  readonly tailOffsets: Readonly<Record<string, readonly string[]>>;
}
