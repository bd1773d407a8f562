// Plain JavaScript that any Node since 12 understands.
import { existsSync } from "node:fs";

/** Whether a version such as "24.21.0" runs K2. */
export function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 22);
}

/** The Node that the repository brings as a development dependency, or the running one; undefined when neither will do. */
export function findNode(root) {
  const brought = `${root}node_modules/node/bin/node`;
  if (existsSync(brought)) return brought;
  return isNewEnough(process.versions.node) ? process.execPath : undefined;
}
