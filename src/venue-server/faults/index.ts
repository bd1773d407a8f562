export type { FaultCount, FaultyFrame, WireAction } from "./fault-injector.ts";
export { FaultInjector, FaultSchedule } from "./fault-injector.ts";
export type { FaultKind, FaultPlan, FaultRule } from "./fault-plan.ts";
export { FAULT_KINDS } from "./fault-plan.ts";
