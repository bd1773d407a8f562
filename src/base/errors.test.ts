import { expect, test } from "vitest";
import { describeError, InternalError, InvalidInputError } from "./index.ts";

test("an error's text tells its causes, and its class its code and remedy", () => {
  const error = new InternalError("broke", { cause: new Error("disk", { cause: "cable" }) });
  expect(describeError(error)).toBe("broke (caused by: disk (caused by: cable))");
  expect(describeError(new InternalError("broke: disk full", { cause: new Error("disk full") }))).toBe(
    "broke: disk full",
  );
  expect(describeError("text")).toBe("text");
  expect([error.name, error.code, error.remedy]).toEqual(["InternalError", "K2_INTERNAL", "report"]);
  expect(new InvalidInputError("x")).toMatchObject({ code: "K2_INVALID_INPUT", remedy: "fix-input" });
});
