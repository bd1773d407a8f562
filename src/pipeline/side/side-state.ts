import type { FrameRecord } from "../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";

/** What the frames of one partition of a raw topic make: pure, so that the same frames give the same events. */
export interface SideState<Output> {
  /** @param offset of the record in its partition */
  take(frame: FrameRecord, offset: number, output: Output): void;
  /** As take, of frames whose events are in the log: what follows of them is not told. Where there is none, take. */
  takeAgain?(frame: FrameRecord, offset: number, output: Output): void;
  /** The first frame that a start from this state needs, at most `offset`. */
  neededFrom(offset: number): number;
  /** Brings what a checkpoint does not hold to where it was: of frames before the state's own place. */
  rebuild?(frame: FrameRecord, offset: number): void;
  rebuilt?(): void;
  write(writer: ByteWriter): void;
  read(reader: ByteReader): void;
}

/** What the states of a stage's partitions have in common, and checkpoints hold beside them. */
export interface SideShared {
  /** It has come to be what frames that are read again would not make of it: the next append must hold a checkpoint. */
  readonly mustBeKept: boolean;
  write(writer: ByteWriter): void;
  /** Called after all states are read; not at all of a checkpoint that holds nothing of it. */
  read(reader: ByteReader): void;
}
