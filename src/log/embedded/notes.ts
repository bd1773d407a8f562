import type { GroupProgress, TopicPosition } from "../log.ts";

/** What a frame says beside its records, as JSON at its end. */
export interface CommitNotes {
  /** Topics made or changed by this commit. */
  readonly topics?: readonly TopicNote[];
  /** Retention: records before these offsets are gone from here on. Durable before any file is removed. */
  readonly starts?: readonly TopicPosition[];
  readonly progress?: readonly GroupProgress[];
}

/** The state of the shard when a segment begins: all that older segments could tell but their records. */
export interface HeadNotes {
  readonly shard: string;
  readonly topics: readonly (TopicNote & { readonly starts: readonly number[]; readonly ends: readonly number[] })[];
  readonly progress: readonly ProgressNote[];
}

export interface TopicNote {
  /** Short for the name in frame directories; unique in its shard. */
  readonly id: number;
  readonly topic: string;
  readonly partitions: number;
  readonly retentionMs?: number | undefined;
  readonly retentionBytes?: number | undefined;
}

export interface ProgressNote {
  readonly group: string;
  readonly positions: readonly StoredPosition[];
}

export interface StoredPosition extends TopicPosition {
  /** The commit that said so: of two shards' positions the later holds. */
  readonly commit: number;
}
