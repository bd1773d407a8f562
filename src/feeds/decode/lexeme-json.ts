export type { JsonObject } from "../../base/index.ts";
export { isObject, JsonNumber, numberTextOf, parseLexemes, textOf } from "../../base/index.ts";
