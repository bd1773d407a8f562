import { describeStoreFlow } from "./store-flow.contract.ts";
import { describeStoreRows } from "./store-rows.contract.ts";
import type { OpenStore } from "./test-relations.ts";

/** What every Store must do. Each adapter's test calls it and adds only what is its own. */
export function describeStore(name: string, open: OpenStore): void {
  describeStoreRows(name, open);
  describeStoreFlow(name, open);
}
