import type { BookMessage } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { BookPlace } from "./book-place.ts";

/**
 * What the tables have of a book: the whole one that was written last, and the messages that were told since. A book that
 * is rebuilt from them says the same of itself.
 */
export class BookStanding {
  /** False of a checkpoint that an older K2 wrote, until the next whole book. */
  isKnown = false;
  /** Of the whole book that was written last. */
  snapshotUs = 0;
  snapshotEpoch = -1;
  isPeriodic = false;
  isChecked = false;
  /** Told since, and their levels. */
  messages = 0;
  levels = 0;
  /** Of the last message that was told: receive time, the venue's number, place in the raw topic. */
  timeUs = 0;
  sequence = -1;
  rawOffset = 0;
  frameIndex = 0;

  told(message: BookMessage, place: BookPlace, levels: number): void {
    if (levels === 0) return; // A message without levels has no row.
    this.messages += 1;
    this.levels += levels;
    this.#stand(message, place);
  }

  written(message: BookMessage, place: BookPlace, isChecked: boolean): void {
    this.isKnown = true;
    this.snapshotUs = place.receiveTimeUs;
    this.snapshotEpoch = place.epoch;
    this.isPeriodic = message.verdict !== "replace";
    this.isChecked = isChecked;
    this.messages = 0;
    this.levels = 0;
    this.#stand(message, place);
  }

  /** What a checkpoint had of it before there was more to say. */
  writeSnapshot(writer: ByteWriter): void {
    writer.float(this.snapshotUs);
    writer.whole(this.snapshotEpoch + 1);
  }

  readSnapshot(reader: ByteReader): void {
    this.snapshotUs = reader.float();
    this.snapshotEpoch = reader.whole() - 1;
  }

  writeRest(writer: ByteWriter): void {
    writer.byte((this.isPeriodic ? 1 : 0) | (this.isChecked ? 2 : 0));
    writer.whole(this.messages);
    writer.whole(this.levels);
    writer.float(this.timeUs);
    writer.float(this.sequence);
    writer.whole(this.rawOffset);
    writer.whole(this.frameIndex);
  }

  readRest(reader: ByteReader): void {
    const facts = reader.byte();
    this.isKnown = true;
    this.isPeriodic = (facts & 1) !== 0;
    this.isChecked = (facts & 2) !== 0;
    this.messages = reader.whole();
    this.levels = reader.whole();
    this.timeUs = reader.float();
    this.sequence = reader.float();
    this.rawOffset = reader.whole();
    this.frameIndex = reader.whole();
  }

  #stand({ sequence, frameIndex }: BookMessage, { receiveTimeUs, rawOffset }: BookPlace): void {
    this.timeUs = receiveTimeUs;
    this.sequence = sequence;
    this.rawOffset = rawOffset;
    this.frameIndex = frameIndex;
  }
}
