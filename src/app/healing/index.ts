export type { Healing } from "./healing.ts";
export { healable, openHealing } from "./open-healing.ts";
export { seenRows } from "./seen-rows.ts";
