export { Checkpoints } from "./checkpoints.ts";
export type { MarketListing } from "./listings.ts";
export { MARKET_LISTINGS } from "./listings.ts";
export type { MarketBook, MarketLevel, MarketLevelChange } from "./market-book.ts";
export { bookChanges, marketBook } from "./market-book.ts";
export type { Fill, Order } from "./market-model.ts";
export { MarketModel } from "./market-model.ts";
export { fixed, shortest } from "./number-format.ts";
