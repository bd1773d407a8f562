export { CaptureFormatError } from "./capture-format-error.ts";
export type { CaptureDirection, CaptureRecord } from "./capture-record.ts";
export { captureFrames, parseCapture, readCapture } from "./read-capture.ts";
export type { WriteCaptureOptions } from "./write-capture.ts";
export { encodeCapture, writeCapture } from "./write-capture.ts";
