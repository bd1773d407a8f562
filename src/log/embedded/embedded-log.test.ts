import { describeLog } from "../log.contract.ts";
import { openEmbeddedLog } from "./embedded-log.ts";
import { makeTestFolder } from "./test-support.ts";

describeLog("embedded log", async () => {
  const folder = await makeTestFolder();
  return {
    open: ({ segmentBytesMax } = {}) =>
      openEmbeddedLog({ folder: folder.path, ...(segmentBytesMax !== undefined && { segmentBytesMax }) }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
