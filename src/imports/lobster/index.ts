export type { LobsterFile } from "./lobster-file.ts";
export { parseLobsterFileName } from "./lobster-file.ts";
export type { LobsterRefusal } from "./lobster-messages.ts";
export { LOBSTER_PRICE_SCALE, LOBSTER_TYPES, LobsterMessage, LobsterMessages } from "./lobster-messages.ts";
export { LobsterReplay } from "./lobster-replay.ts";
export type { LobsterRowReader } from "./lobster-rows.ts";
export { LobsterRows } from "./lobster-rows.ts";
