export { openSchemaRegistry } from "./open-schema-registry.ts";
export { registerOwnSchemas, valueSubject } from "./own-schemas.ts";
export {
  SchemaIncompatibleError,
  SchemaNotFoundError,
  SchemaRefusedError,
  SchemaRegistryError,
} from "./registry-errors.ts";
export type { RegistryRequest, RegistryResponse, RegistryRoute } from "./registry-routes.ts";
export { REGISTRY_CONTENT_TYPE, registryRoutes } from "./registry-routes.ts";
export type { RegistryMode } from "./registry-settings.ts";
export { REGISTRY_MODES } from "./registry-settings.ts";
export type { CompatibilityLevel } from "./schema-compatibility.ts";
export { COMPATIBILITY_LEVELS } from "./schema-compatibility.ts";
export type { SubjectVersion, VersionName } from "./schema-registry.ts";
export { SchemaRegistry } from "./schema-registry.ts";
export type { WireMessage } from "./wire-format.ts";
export { fromWireFormat, toWireFormat } from "./wire-format.ts";
