import { InvalidInputError } from "../../base/index.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { JsonReader } from "../core/json-object.ts";
import { schemaFromJson, schemaJson } from "../core/schema.ts";
import { asInput } from "./as-input.ts";
import { viewVersionFromJson, viewVersionJson } from "./view-json.ts";
import type { NewViewInput, ViewRequirement, ViewUpdate } from "./view-update.ts";

/**
 * Reads one update of a view.
 *
 * @throws {InvalidInputError} on an unknown action or a member that is not as the protocol has it
 */
export function viewUpdateFromJson(json: Json): ViewUpdate {
  return asInput("view update", () => {
    const reader = new JsonReader(json, "view update");
    return readUpdate(reader.text("action").toLowerCase(), reader);
  });
}

function readUpdate(action: string, reader: JsonReader): ViewUpdate {
  switch (action) {
    case "assign-uuid":
      return { action, uuid: reader.text("uuid") };
    case "upgrade-format-version":
      return { action, formatVersion: reader.integer("format-version") };
    case "add-schema":
      return { action, schema: schemaFromJson(reader.object("schema")) };
    case "set-location":
      return { action, location: reader.text("location") };
    case "set-properties":
      return { action, updates: reader.textMap(reader.has("updates") ? "updates" : "updated") };
    case "remove-properties":
      return { action, removals: reader.texts(reader.has("removals") ? "removals" : "removed") };
    case "add-view-version":
      return { action, viewVersion: viewVersionFromJson(reader.object("view-version")) };
    case "set-current-view-version":
      return { action, viewVersionId: reader.integer("view-version-id") };
    default:
      throw new InvalidInputError(`Cannot apply the view update ${JSON.stringify(action)}: it is not known here`);
  }
}

/** The update as the protocol spells it. */
export function viewUpdateJson(update: ViewUpdate): JsonObject {
  return { action: update.action, ...members(update) };
}

function members(update: ViewUpdate): JsonObject {
  switch (update.action) {
    case "assign-uuid":
      return { uuid: update.uuid };
    case "upgrade-format-version":
      return { "format-version": update.formatVersion };
    case "add-schema":
      return { schema: schemaJson(update.schema) };
    case "set-location":
      return { location: update.location };
    case "set-properties":
      return { updates: update.updates };
    case "remove-properties":
      return { removals: update.removals };
    case "add-view-version":
      return { "view-version": viewVersionJson(update.viewVersion) };
    case "set-current-view-version":
      return { "view-version-id": update.viewVersionId };
  }
}

/** @throws {InvalidInputError} on an unknown type or a member that is not as the protocol has it */
export function viewRequirementFromJson(json: Json): ViewRequirement {
  return asInput("requirement", () => {
    const reader = new JsonReader(json, "requirement");
    const type = reader.text("type").toLowerCase();
    if (type === "assert-view-uuid") return { type, uuid: reader.text("uuid") };
    throw new InvalidInputError(`Cannot check the view requirement ${JSON.stringify(type)}: it is not known here`);
  });
}

export function viewRequirementJson(requirement: ViewRequirement): JsonObject {
  return { type: requirement.type, uuid: requirement.uuid };
}

/** What a request to create a view says besides its name; `location` is undefined where the catalog is to choose. */
export interface CreateViewRequest extends NewViewInput {
  readonly name: string;
  readonly location: string | undefined;
}

/** @throws {InvalidInputError} on a member that is not as the protocol has it */
export function createViewRequestFromJson(json: Json): CreateViewRequest {
  return asInput("request to create a view", () => {
    const reader = new JsonReader(json, "request to create a view");
    return {
      name: reader.text("name"),
      location: reader.optionalText("location"),
      schema: schemaFromJson(reader.object("schema")),
      viewVersion: viewVersionFromJson(reader.object("view-version")),
      properties: reader.textMap("properties"),
    };
  });
}
