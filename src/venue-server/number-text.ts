/**
 * `JSON.parse` that keeps every number as its text, so that no digit is rounded away.
 *
 * @throws {SyntaxError} as `JSON.parse` does
 */
export function parseWithNumberTexts(text: string): unknown {
  return JSON.parse(text, keepNumberText);
}

// The third argument is younger than TypeScript's library: https://github.com/tc39/proposal-json-parse-with-source
function keepNumberText(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? (context?.source ?? String(value)) : value;
}
