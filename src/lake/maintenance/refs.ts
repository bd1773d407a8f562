import { type Abortable, InvalidInputError } from "../../base/index.ts";
import type { LoadedTable } from "../catalog/catalog.ts";
import { parseIdentifier, type TableIdentifier } from "../catalog/identifier.ts";
import type { PreparedChange, TableChange } from "../commit/commit.ts";
import { progressOf, progressProperties } from "../commit/progress.ts";
import { LakeExistsError, LakeNotFoundError } from "../errors.ts";
import { MAIN_BRANCH, type SnapshotRef } from "../metadata/snapshot.ts";
import { snapshotById, type TableMetadata } from "../metadata/table-metadata.ts";
import type { TableUpdate } from "../metadata/update.ts";
import { Table } from "../table.ts";
import type { MaintenanceContext } from "./maintenance-context.ts";

export interface RefInput {
  readonly name: string;
  /** Default: the current one. */
  readonly snapshotId?: bigint | undefined;
  /** After so long the reference itself may go; default: never. */
  readonly maxAgeMs?: number | undefined;
}

/** An update of the metadata alone, decided on the table as it then is. */
class MetadataChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly #decide: (metadata: TableMetadata) => readonly TableUpdate[];
  readonly #isIn: (metadata: TableMetadata) => boolean;

  constructor(
    name: string,
    decide: (metadata: TableMetadata) => readonly TableUpdate[],
    isIn: (metadata: TableMetadata) => boolean,
  ) {
    this.identifier = parseIdentifier(name);
    this.#decide = decide;
    this.#isIn = isIn;
  }

  isIn(metadata: TableMetadata): boolean {
    return this.#isIn(metadata);
  }

  async prepare({ metadata }: LoadedTable): Promise<PreparedChange> {
    const ref = metadata.currentSnapshotId;
    return {
      updates: this.#decide(metadata),
      requirements: [
        { type: "assert-table-uuid", uuid: metadata.tableUuid },
        { type: "assert-ref-snapshot-id", ref: MAIN_BRANCH, snapshotId: ref },
      ],
    };
  }

  async discardAttempt(): Promise<void> {}

  async discard(): Promise<void> {}
}

/**
 * Names a snapshot for good: no expiry takes it while the name stands.
 *
 * @throws {LakeExistsError} when the name stands for another snapshot
 */
export async function createRef(
  context: MaintenanceContext,
  table: string,
  type: SnapshotRef["type"],
  { name, snapshotId, maxAgeMs }: RefInput,
  options: Abortable = {},
): Promise<Table> {
  const refOf = (metadata: TableMetadata): SnapshotRef => {
    const id = snapshotId ?? metadata.currentSnapshotId;
    if (id === undefined) {
      throw new LakeNotFoundError(
        `Cannot make ${type} ${name} of ${table}: it has no snapshot yet. Nothing was changed`,
      );
    }
    return { snapshotId: snapshotById(metadata, id).snapshotId, type, ...(maxAgeMs && { maxRefAgeMs: maxAgeMs }) };
  };
  const decide = (metadata: TableMetadata): readonly TableUpdate[] => {
    const [held, ref] = [metadata.refs[name], refOf(metadata)];
    if (held !== undefined && (held.snapshotId !== ref.snapshotId || held.type !== type)) {
      throw new LakeExistsError(
        `Cannot make ${type} ${name} of ${table}: ${held.type} ${name} is there, of snapshot ${held.snapshotId}. ` +
          "Nothing was changed; take another name or remove that one first",
      );
    }
    return [{ action: "set-snapshot-ref", refName: name, ref }];
  };
  return commitMetadata(context, new MetadataChange(table, decide, ({ refs }) => refs[name]?.type === type), options);
}

/** @throws {LakeNotFoundError} when there is no such branch or tag; {InvalidInputError} for main */
export async function removeRef(
  context: MaintenanceContext,
  table: string,
  name: string,
  options: Abortable = {},
): Promise<Table> {
  if (name === MAIN_BRANCH)
    throw new InvalidInputError(`Cannot remove ${MAIN_BRANCH} of ${table}: it is the table itself`);
  const decide = (metadata: TableMetadata): readonly TableUpdate[] => {
    if (metadata.refs[name] === undefined) {
      throw new LakeNotFoundError(
        `Table ${table} has no branch or tag ${name}; it has ${Object.keys(metadata.refs).join(", ") || "none"}. Nothing was changed`,
      );
    }
    return [{ action: "remove-snapshot-ref", refName: name }];
  };
  return commitMetadata(context, new MetadataChange(table, decide, ({ refs }) => refs[name] === undefined), options);
}

export interface RollbackReport {
  readonly from: bigint | undefined;
  readonly to: bigint;
  /** Whose progress went back with the rows, and to where. */
  readonly writers: readonly { readonly writer: string; readonly positions: string }[];
}

/**
 * Makes an earlier snapshot current again. The snapshots after it stay until they expire, so that this can be undone.
 * A writer that commits its progress goes back to where it was at that snapshot, and as a new epoch: one that is running
 * is fenced off and must start again, from which it writes anew what was rolled back.
 *
 * @throws {LakeNotFoundError} when the snapshot is not kept
 */
export async function rollback(
  context: MaintenanceContext,
  table: string,
  snapshotId: bigint,
  options: Abortable = {},
): Promise<RollbackReport> {
  const commitId = context.tools.ids.uuid();
  let report: RollbackReport = { from: undefined, to: snapshotId, writers: [] };
  const decide = (metadata: TableMetadata): readonly TableUpdate[] => {
    const { summary } = snapshotById(metadata, snapshotId);
    const ref: SnapshotRef = { ...metadata.refs[MAIN_BRANCH], type: "branch", snapshotId };
    const updates: TableUpdate[] = [{ action: "set-snapshot-ref", refName: MAIN_BRANCH, ref }];
    const { "k2.writer": writer, "k2.positions": positions } = summary;
    const held = writer === undefined ? undefined : progressOf(metadata, writer);
    report = { from: metadata.currentSnapshotId, to: snapshotId, writers: [] };
    if (writer !== undefined && positions !== undefined && held !== undefined) {
      const progress = { writer, epoch: held.epoch + 1, positions, continuesFrom: undefined };
      updates.push({ action: "set-properties", updates: progressProperties(progress, commitId) });
      report = { ...report, writers: [{ writer, positions }] };
    }
    return updates;
  };
  await commitMetadata(
    context,
    new MetadataChange(table, decide, (metadata) => metadata.currentSnapshotId === snapshotId),
    options,
  );
  return report;
}

async function commitMetadata(context: MaintenanceContext, change: MetadataChange, options: Abortable): Promise<Table> {
  const { tables } = await context.commit([change], options);
  const [loaded] = tables;
  if (loaded === undefined) throw new RangeError("a commit without a result");
  return new Table(loaded, context.tools);
}
