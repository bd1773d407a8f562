/** One of what a schema found wrong. */
export interface ConfigProblem {
  readonly keyword: string;
  /** "/http/port" */
  readonly instancePath: string;
  readonly message: string;
  readonly params: unknown;
}

/** What is wrong, a line a setting, with what may stand there. */
export function describeProblems(problems: readonly ConfigProblem[]): readonly string[] {
  const choices = new Map<string, string[]>();
  for (const { keyword, instancePath, params } of problems) {
    if (keyword !== "const") continue;
    const { allowedValue } = params as { readonly allowedValue: unknown };
    choices.set(instancePath, [...(choices.get(instancePath) ?? []), JSON.stringify(allowedValue)]);
  }
  const told = problems.flatMap(({ keyword, instancePath, message, params }) => {
    const name = instancePath.slice(1).replaceAll("/", ".") || "(top)";
    const allowed = choices.get(instancePath);
    // Each of several values that it may have is a problem of its own, and so is that it has none of them.
    if (allowed !== undefined && (keyword === "const" || keyword === "anyOf"))
      return [`  ${name}: must be ${allowed.join(" or ")}`];
    return keyword === "boolean" ? [] : [`  ${name}: ${message}${unknownNames(params)}`];
  });
  return [...new Set(told)];
}

function unknownNames(params: unknown): string {
  const names = (params as { readonly additionalProperties?: unknown }).additionalProperties;
  return Array.isArray(names) ? `: ${names.join(", ")}` : "";
}
