export type { BitstampContext, BitstampLine, BitstampTrade } from "./bitstamp-log.ts";
export { readBitstampLine } from "./bitstamp-log.ts";
