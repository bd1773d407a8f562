export type { Client, Topic } from "./client.ts";
export { FeedFloor } from "./feed-floor.ts";
export { Notice } from "./notice.ts";
export type { PlayedFrame, SentFrame } from "./played-frame.ts";
export { Session } from "./session.ts";
export { Stage } from "./stage.ts";
export { attach } from "./topic.ts";
