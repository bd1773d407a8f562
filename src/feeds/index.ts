export type { ConnectionPlan } from "./connection-plan.ts";
export { planConnections } from "./connection-plan.ts";
export type { ConnectionSettings } from "./connection-settings.ts";
export { DEFAULT_CONNECTION_SETTINGS } from "./connection-settings.ts";
export type { ConnectionStatus } from "./connection-status.ts";
export type { TradeFields } from "./decode/trade-fields.ts";
export type { BreakerState } from "./endpoints.ts";
export type { DecoderOptions, Feed, FeedBooks, FeedLimits, SubscriptionAnswer, TradeIds } from "./feed.ts";
export { FeedMetrics } from "./feed-metrics.ts";
export type { FeedRun, FeedRunOptions } from "./feed-run.ts";
export { runFeed } from "./feed-run.ts";
export type { FrameSink } from "./frame-recorder.ts";
export { FramesNotRecordedError } from "./frames-not-recorded-error.ts";
export type { IsolatedFeedOptions } from "./isolation/isolated-feed.ts";
export { runIsolatedFeed } from "./isolation/isolated-feed.ts";
export type { IsolationSettings } from "./isolation/isolation-settings.ts";
export type { FeedOrigin } from "./isolation/protocol.ts";
export type { PolledChannel } from "./polling/polled-channel.ts";
export { polledChannels } from "./polling/polled-channel.ts";
export type { PollRequests } from "./polling/poller.ts";
export { Poller, pollConnection } from "./polling/poller.ts";
export { FEEDS, feedById } from "./registry.ts";
export type { RestResponse } from "./rest/rest-client.ts";
export { describeFetchError, RestClient } from "./rest/rest-client.ts";
export { RestClients } from "./rest/rest-clients.ts";
export { createRestDecoder } from "./rest/rest-decoder.ts";
export type {
  RestAnswer,
  RestCoverage,
  RestDialogue,
  RestLimits,
  RestRequest,
  RestTrades,
  WantedTrades,
} from "./rest/rest-trades.ts";
export { retryAfterMs } from "./retry-after.ts";
export type { SessionStateName } from "./session-state.ts";
export type { OpenSocket, Socket, SocketEnd, SocketHandlers, SocketOptions } from "./socket.ts";
export { openWebSocket } from "./socket.ts";
export { channelsOfWords } from "./venue-data/channel-words.ts";
