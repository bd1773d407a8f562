export { MarketPlayer } from "./market-player.ts";
export type { PastTrade, PastTrades, Rewind, Source } from "./source.ts";
export type { TapeFrame } from "./tape-player.ts";
export { TapePlayer } from "./tape-player.ts";
export type { Speed } from "./tempo.ts";
export { Tempo } from "./tempo.ts";
