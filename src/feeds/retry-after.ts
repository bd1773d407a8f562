export { retryAfterMs } from "../base/index.ts";
