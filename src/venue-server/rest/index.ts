export type { RestFaultKind, RestFaultPlan, RestFaultRule } from "./rest-desk.ts";
export { RestDesk } from "./rest-desk.ts";
