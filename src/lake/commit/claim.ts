import { InvalidInputError } from "../../base/index.ts";
import type { LoadedTable } from "../catalog/catalog.ts";
import type { TableIdentifier } from "../catalog/identifier.ts";
import type { TableMetadata } from "../metadata/table-metadata.ts";
import type { PreparedChange, TableChange } from "./commit.ts";
import { progressOf, progressProperties, type WriterProgress } from "./progress.ts";

/** Takes a writer over: the epoch rises by one, the positions stay, and every process of an older epoch is fenced off. */
export class ClaimChange implements TableChange {
  readonly identifier: TableIdentifier;
  readonly #writer: string;
  readonly #commitId: string;
  /** What the writer's first positions are, where the table has none of it yet. */
  readonly #initialPositions: string;
  #claimed: WriterProgress | undefined;

  constructor(identifier: TableIdentifier, writer: string, initialPositions: string, commitId: string) {
    if (writer === "") throw new InvalidInputError("Cannot claim a writer without a name");
    this.identifier = identifier;
    this.#writer = writer;
    this.#commitId = commitId;
    this.#initialPositions = initialPositions;
  }

  get claimed(): WriterProgress | undefined {
    return this.#claimed;
  }

  isIn(metadata: TableMetadata): boolean {
    return progressOf(metadata, this.#writer)?.commitId === this.#commitId;
  }

  async prepare({ metadata }: LoadedTable): Promise<PreparedChange> {
    const held = progressOf(metadata, this.#writer);
    const epoch = (held?.epoch ?? 0) + 1;
    const positions = held?.positions ?? this.#initialPositions;
    this.#claimed = { epoch, positions };
    const progress = { writer: this.#writer, epoch, positions, continuesFrom: held?.positions };
    return {
      updates: [{ action: "set-properties", updates: progressProperties(progress, this.#commitId) }],
      requirements: [{ type: "assert-table-uuid", uuid: metadata.tableUuid }],
    };
  }

  async discardAttempt(): Promise<void> {}

  async discard(): Promise<void> {}
}
