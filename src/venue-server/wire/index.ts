export { FeedFloor } from "./feed-floor.ts";
export { Notice } from "./notice.ts";
export type { PlayedFrame, SentFrame } from "./played-frame.ts";
export type { SessionSockets } from "./session.ts";
export { Session } from "./session.ts";
export type { StageOptions } from "./stage.ts";
export { Stage } from "./stage.ts";
export type { Topic } from "./topic.ts";
export { attach, detach } from "./topic.ts";
