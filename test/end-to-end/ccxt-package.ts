import { pathToFileURL } from "node:url";

const PACKAGE = "ccxt";

/** URL of ccxt's module; undefined where it is not installed. No dependency of K2: K2_CCXT may say where its ccxt.js is. */
export const CCXT: string | undefined = located();
export const CCXT_ABSENT = "ccxt is not installed (npm install ccxt, or K2_CCXT): its tests are skipped";

function located(): string | undefined {
  const path = process.env["K2_CCXT"];
  if (path !== undefined) return pathToFileURL(path).href;
  try {
    return import.meta.resolve(PACKAGE);
  } catch {
    return undefined;
  }
}
