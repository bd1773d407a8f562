import type { OpenFile } from "../../base/index.ts";
import {
  decodeFrame,
  FRAME_HEADER_BYTES,
  type Frame,
  frameLengthAt,
  frameOriginAt,
  paddedLength,
  uninitialised,
} from "./frame.ts";

export interface FrameAt {
  readonly frame: Frame;
  readonly position: number;
}

/** How much is read at once: large enough that a disk reads in sequence, small enough to be thrown away. */
const WINDOW_BYTES = 512 * 1024;

/**
 * The whole and intact frames from `position` on, as many as one read brings but at least one; frames longer
 * than a window are read by themselves. Empty when no intact frame of this segment stands at `position`.
 *
 * @param limit bytes of the file that may be looked at
 */
export async function readFrames(
  file: OpenFile,
  { segment, position, limit }: { readonly segment: number; readonly position: number; readonly limit: number },
): Promise<FrameAt[]> {
  const window = takeWindow(Math.max(0, Math.min(WINDOW_BYTES, limit - position)));
  const filled = window.subarray(0, await file.read(window, position));
  const frames: FrameAt[] = [];
  let at = 0;
  for (;;) {
    const length = frameLengthAt(filled, at);
    if (length === undefined || at + length > filled.byteLength) break;
    const frame = decodeFrame(filled.subarray(at, at + length));
    if (frame === undefined || frame.segment !== segment) return frames;
    frames.push({ frame, position: position + at });
    at += paddedLength(length);
  }
  if (frames.length === 0) {
    const frame = await readLongFrame(file, { segment, position, limit, filled });
    if (frame !== undefined) frames.push({ frame, position });
    if (window.byteLength === WINDOW_BYTES) spareWindow = window; // Nothing of it was handed out.
  }
  return frames;
}

/** Of a read that brought no whole frame: it serves the next one. */
let spareWindow: Uint8Array<ArrayBuffer> | undefined;

function takeWindow(byteLength: number): Uint8Array<ArrayBuffer> {
  const spare = spareWindow;
  if (spare === undefined || spare.byteLength < byteLength) return uninitialised(byteLength);
  spareWindow = undefined;
  return spare.subarray(0, byteLength);
}

async function readLongFrame(
  file: OpenFile,
  place: { readonly segment: number; readonly position: number; readonly limit: number; readonly filled: Uint8Array },
): Promise<Frame | undefined> {
  const { position, filled } = place;
  const length = frameLengthAt(filled, 0);
  if (length === undefined || length <= filled.byteLength || position + length > place.limit) return undefined;
  const bytes = uninitialised(length);
  bytes.set(filled);
  const rest = bytes.subarray(filled.byteLength);
  if ((await file.read(rest, position + filled.byteLength)) < rest.byteLength) return undefined;
  const frame = decodeFrame(bytes);
  return frame?.segment === place.segment ? frame : undefined;
}

/** Every intact frame from `position` on, up to the first that is not; returns where that is. */
export async function scanFrames(
  file: OpenFile,
  place: { readonly segment: number; readonly position: number; readonly limit: number },
  take: (frame: Frame, position: number) => void,
): Promise<number> {
  let { position } = place;
  while (position < place.limit) {
    const frames = await readFrames(file, { ...place, position });
    if (frames.length === 0) break;
    for (const { frame, position: at } of frames) {
      take(frame, at);
      position = at + paddedLength(frame.bytes.byteLength);
    }
  }
  return position;
}

/** What stands behind the last intact frame of the segment that was being written. */
export interface Tail {
  /** Bytes up to the last that is not zero: a write that was cut off. Zero of a clean tail. */
  readonly tornBytes: number;
  /** An intact frame written later than the last: then what lies between was once durable, and is damaged. */
  readonly newerFrameAt: number | undefined;
}

export async function inspectTail(
  file: OpenFile,
  place: { readonly segment: number; readonly position: number; readonly size: number; readonly commit: number },
): Promise<Tail> {
  let tornBytes = 0;
  const overlap = FRAME_HEADER_BYTES; // So that a header across two windows is seen whole in the second.
  for (let from = place.position; from < place.size; ) {
    const window = uninitialised(Math.min(WINDOW_BYTES + overlap, place.size - from));
    const filled = window.subarray(0, await file.read(window, from));
    const dirty = lastNonZero(filled);
    if (dirty >= 0) {
      tornBytes = from + dirty + 1 - place.position;
      const newerFrameAt = await findNewerFrame(file, { ...place, from, filled });
      if (newerFrameAt !== undefined) return { tornBytes, newerFrameAt };
    }
    if (filled.byteLength <= WINDOW_BYTES) break;
    from += WINDOW_BYTES;
  }
  return { tornBytes, newerFrameAt: undefined };
}

function lastNonZero(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  for (let at = bytes.byteLength - 1; at >= words.length * 4; at -= 1) if (bytes[at] !== 0) return at;
  for (let word = words.length - 1; word >= 0; word -= 1) {
    if (words[word] === 0) continue;
    for (let at = word * 4 + 3; at >= word * 4; at -= 1) if (bytes[at] !== 0) return at;
  }
  return -1;
}

async function findNewerFrame(
  file: OpenFile,
  place: {
    readonly segment: number;
    readonly commit: number;
    readonly size: number;
    readonly from: number;
    readonly filled: Uint8Array;
  },
): Promise<number | undefined> {
  for (let at = 0; at + FRAME_HEADER_BYTES <= place.filled.byteLength; at += 8) {
    if (frameLengthAt(place.filled, at) === undefined) continue;
    const origin = frameOriginAt(place.filled, at);
    if (origin.segment !== place.segment || origin.commit <= place.commit) continue;
    const [found] = await readFrames(file, { segment: place.segment, position: place.from + at, limit: place.size });
    if (found !== undefined) return found.position;
  }
  return undefined;
}
