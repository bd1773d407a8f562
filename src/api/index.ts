export { isLoopback } from "./admission.ts";
export type { ApiOptions, ApiServer } from "./api-server.ts";
export { startApiServer } from "./api-server.ts";
export type {
  BooksHealth,
  ClockHealth,
  FeedHealth,
  HealthReport,
  MaintenanceHealth,
  PipelineHealth,
  QualityHealth,
  StageHealth,
  TableHealth,
} from "./health.ts";
export type { ExtraAnswer, ExtraRequest, ExtraRoute } from "./rest/extra-route.ts";
export type { StreamLimits } from "./stream/stream-server.ts";
