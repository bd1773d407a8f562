import { K2Error } from "../../base/index.ts";

/** A request that the registry refuses, with the HTTP status and the error number that Confluent's registry gives. */
export abstract class SchemaRegistryError extends K2Error {
  abstract readonly status: number;
  abstract readonly errorNumber: number;
}

/** No such subject, version, schema or setting; or one that is deleted already, or not yet. */
export class SchemaNotFoundError extends SchemaRegistryError {
  readonly code = "K2_SCHEMA_NOT_FOUND";
  readonly remedy = "fix-input";
  readonly status = 404;
  readonly errorNumber: number;

  constructor(errorNumber: number, message: string) {
    super(message);
    this.errorNumber = errorNumber;
  }
}

/** What was sent is not a schema, a version, a level, a mode or a subject; or the mode does not allow it. */
export class SchemaRefusedError extends SchemaRegistryError {
  readonly code = "K2_SCHEMA_REFUSED";
  readonly remedy = "fix-input";
  readonly status = 422;
  readonly errorNumber: number;

  constructor(errorNumber: number, message: string) {
    super(message);
    this.errorNumber = errorNumber;
  }
}

/** A schema whose readers or whose data would not get on with earlier versions of its subject. */
export class SchemaIncompatibleError extends SchemaRegistryError {
  readonly code = "K2_SCHEMA_INCOMPATIBLE";
  readonly remedy = "fix-input";
  readonly status = 409;
  readonly errorNumber = 409;

  constructor(subject: string, level: string, problems: readonly string[]) {
    super(
      `Schema being registered is incompatible with an earlier schema for subject "${subject}" at level ${level}; nothing was registered. ${problems.join(". ")}`,
    );
  }
}

/** Error numbers of the Confluent registry's REST API. */
export const REGISTRY_ERROR_NUMBERS = {
  subjectNotFound: 40401,
  versionNotFound: 40402,
  schemaNotFound: 40403,
  subjectSoftDeleted: 40404,
  subjectNotSoftDeleted: 40405,
  versionSoftDeleted: 40406,
  versionNotSoftDeleted: 40407,
  subjectCompatibilityNotConfigured: 40408,
  subjectModeNotConfigured: 40409,
  invalidSchema: 42201,
  invalidVersion: 42202,
  invalidCompatibilityLevel: 42203,
  invalidMode: 42204,
  operationNotPermitted: 42205,
  idDoesNotMatch: 42207,
  invalidSubject: 42208,
  schemaTooLarge: 42209,
  storage: 50001,
} as const;

export function subjectNotFound(subject: string): SchemaNotFoundError {
  return new SchemaNotFoundError(REGISTRY_ERROR_NUMBERS.subjectNotFound, `Subject '${subject}' not found.`);
}
