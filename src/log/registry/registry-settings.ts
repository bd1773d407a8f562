import { REGISTRY_ERROR_NUMBERS as NUMBERS, SchemaNotFoundError, SchemaRefusedError } from "./registry-errors.ts";
import { GLOBAL, type RegistryTables } from "./registry-storage.ts";
import { COMPATIBILITY_LEVELS, type CompatibilityLevel } from "./schema-compatibility.ts";

/** What a subject, or all of them, take: READONLY_OVERRIDE is a global READONLY that no subject's own mode lifts. */
export const REGISTRY_MODES = ["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"] as const;
export type RegistryMode = (typeof REGISTRY_MODES)[number];

export const DEFAULT_LEVEL: CompatibilityLevel = "BACKWARD";
export const DEFAULT_MODE: RegistryMode = "READWRITE";
const SUBJECT_LENGTH_MAX = 255;

/** The subject's own level, else the global one, else the default. */
export async function levelOf(tables: RegistryTables, subject: string): Promise<CompatibilityLevel> {
  const own = subject === GLOBAL ? undefined : (await tables.setting(subject)).compatibility;
  return (own ?? (await tables.setting(GLOBAL)).compatibility ?? DEFAULT_LEVEL) as CompatibilityLevel;
}

export async function ownLevel(tables: RegistryTables, subject: string): Promise<CompatibilityLevel> {
  const { compatibility } = await tables.setting(subject);
  if (compatibility !== undefined) return compatibility as CompatibilityLevel;
  throw new SchemaNotFoundError(
    NUMBERS.subjectCompatibilityNotConfigured,
    `Subject '${subject}' does not have subject-level compatibility configured`,
  );
}

/** The subject's own mode, else the global one, else the default; a global READONLY_OVERRIDE before all. */
export async function modeOf(tables: RegistryTables, subject: string): Promise<RegistryMode> {
  const { mode: global } = await tables.setting(GLOBAL);
  if (global === "READONLY_OVERRIDE") return global;
  const own = subject === GLOBAL ? undefined : (await tables.setting(subject)).mode;
  return (own ?? global ?? DEFAULT_MODE) as RegistryMode;
}

export async function ownMode(tables: RegistryTables, subject: string): Promise<RegistryMode> {
  const { mode } = await tables.setting(subject);
  if (mode !== undefined) return mode as RegistryMode;
  throw new SchemaNotFoundError(
    NUMBERS.subjectModeNotConfigured,
    `Subject '${subject}' does not have subject-level mode configured`,
  );
}

/** @returns the mode that holds, which allows changes */
export async function checkWritable(tables: RegistryTables, subject: string): Promise<RegistryMode> {
  const mode = await modeOf(tables, subject);
  if (mode !== "READONLY" && mode !== "READONLY_OVERRIDE") return mode;
  const what = subject === GLOBAL ? "The registry" : `Subject '${subject}'`;
  throw notPermitted(`${what} is in read-only mode; nothing was changed. Set its mode to READWRITE first`);
}

/** @returns true in mode IMPORT, where schemas keep their ids and compatibility is not asked */
export async function checkRegisterMode(
  tables: RegistryTables,
  subject: string,
  { id, version }: { readonly id?: number | undefined; readonly version?: number | undefined },
): Promise<boolean> {
  const importing = (await checkWritable(tables, subject)) === "IMPORT";
  if (importing && id === undefined) {
    throw notPermitted(`Subject '${subject}' is in import mode: give the schema's id, or set the mode to READWRITE`);
  }
  if (!importing && (id !== undefined || version !== undefined)) {
    throw notPermitted(
      `Subject '${subject}' is not in import mode: leave out id and version, or set the mode to IMPORT`,
    );
  }
  return importing;
}

/** In either case of letters. */
export function parseLevel(text: string): CompatibilityLevel {
  const level = COMPATIBILITY_LEVELS.find((known) => known === text.toUpperCase());
  if (level !== undefined) return level;
  throw new SchemaRefusedError(
    NUMBERS.invalidCompatibilityLevel,
    `Invalid compatibility level ${JSON.stringify(text)}. Valid values are ${COMPATIBILITY_LEVELS.join(", ")}`,
  );
}

/** In either case of letters. @param subject undefined for the global mode */
export function parseMode(text: string, subject: string | undefined): RegistryMode {
  const mode = REGISTRY_MODES.find((known) => known === text.toUpperCase());
  if (mode !== undefined && (mode !== "READONLY_OVERRIDE" || subject === undefined)) return mode;
  throw new SchemaRefusedError(
    NUMBERS.invalidMode,
    `Invalid mode ${JSON.stringify(text)}. Valid values are READWRITE, READONLY, IMPORT and, globally, READONLY_OVERRIDE`,
  );
}

export function checkSubject(subject: string): void {
  const length = subject.length;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (length > 0 && length <= SUBJECT_LENGTH_MAX && !/[\u0000-\u001f\u007f-\u009f]/.test(subject)) return;
  throw new SchemaRefusedError(
    NUMBERS.invalidSubject,
    `The specified subject ${JSON.stringify(subject)} is not a valid subject: 1 to ${SUBJECT_LENGTH_MAX} characters, none of them a control character`,
  );
}

function notPermitted(message: string): SchemaRefusedError {
  return new SchemaRefusedError(NUMBERS.operationNotPermitted, message);
}
