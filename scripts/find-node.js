// Plain JavaScript that any Node since 12 understands.
import { existsSync } from "node:fs";

/** Whether a version such as "24.21.0" runs K2: compiled from 22.22 on, from its TypeScript sources (`await using`) from 24 on. */
export function isNewEnough(version, fromSource) {
  const [major, minor] = version.split(".").map(Number);
  return major >= 24 || (!fromSource && major === 22 && minor >= 22) || (!fromSource && major === 23);
}

/** The Node that the repository brings as a development dependency, or the running one; undefined when neither will do. */
export function findNode(root, fromSource) {
  const brought = `${root}node_modules/node/bin/node`;
  if (existsSync(brought)) return brought;
  return isNewEnough(process.versions.node, fromSource) ? process.execPath : undefined;
}
