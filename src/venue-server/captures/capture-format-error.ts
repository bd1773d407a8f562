import { K2Error } from "../../base/index.ts";

/** A capture cannot be read any further. Everything before the named line was read and is good. */
export class CaptureFormatError extends K2Error {
  readonly code = "K2_CAPTURE_FORMAT";
  readonly remedy = "fix-input";

  constructor(at: { readonly name: string; readonly line: number }, problem: string, options?: ErrorOptions) {
    super(
      `Cannot read capture ${at.name}, line ${at.line}: ${problem}. ` +
        "Lines before it were read; repair or cut the file at that line, or record it again",
      options,
    );
  }
}
