import { randomBytes, randomUUID } from "node:crypto";

/** The seam for names that must never meet: of files, tables, commits and snapshots. */
export interface LakeIds {
  uuid(): string;
  /** 63 random bits, above 0. */
  snapshotId(): bigint;
}

export const systemIds: LakeIds = {
  uuid: () => randomUUID(),
  snapshotId: () => (randomBytes(8).readBigUInt64LE() >> 1n) | 1n,
};
