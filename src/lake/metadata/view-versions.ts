import { InvalidInputError } from "../../base/index.ts";
import type { ViewMetadata } from "./view-metadata.ts";

const HISTORY_PROPERTY = "version.history.num-entries";
const HISTORY_DEFAULT = 10;

/**
 * The view without the versions that its history need not keep: the newest stay, and always those just added and the
 * current one. The log forgets whatever was before a version that is gone.
 *
 * @throws {InvalidInputError} when the property is not a positive whole number
 */
export function keptVersions(view: ViewMetadata, addedVersionIds: ReadonlySet<number>): ViewMetadata {
  const { currentVersionId } = view;
  const historySize = Number(view.properties[HISTORY_PROPERTY] ?? HISTORY_DEFAULT);
  if (!Number.isInteger(historySize) || historySize <= 0) {
    throw new InvalidInputError(
      `${HISTORY_PROPERTY} must be positive but was ${view.properties[HISTORY_PROPERTY]}. Nothing was changed`,
    );
  }
  const keptMin = new Set([...addedVersionIds, currentVersionId]).size;
  const count = Math.max(keptMin, historySize);
  if (view.versions.length <= count) return view;
  const newest = view.versions
    .map(({ versionId }) => versionId)
    .filter((id) => id !== currentVersionId)
    .toSorted((one, other) => other - one);
  const ids = new Set([currentVersionId, ...newest.slice(0, count - 1)]);
  const gap = view.versionLog.findLastIndex(({ versionId }) => !ids.has(versionId));
  return {
    ...view,
    versions: view.versions.filter(({ versionId }) => ids.has(versionId)),
    versionLog: view.versionLog.slice(gap + 1),
  };
}
