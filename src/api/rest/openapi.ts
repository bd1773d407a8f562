import type { SwaggerOptions } from "@fastify/swagger";

/** Chapters of the API's description. */
export const TAGS = { data: "data", operating: "operating", extra: "registry" } as const;

const DESCRIPTION =
  "Market data, live and historical, each row exactly once. Times are UTC, `start` inclusive and `end` exclusive; " +
  "decimals and 64-bit integers are text; errors are RFC 9457 problems; pages continue by cursor.";

/** The description is made from the routes' own schemas; those with an `$id` keep it as their name. */
export function openApiOptions(version: string): SwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: { title: "K2", version, description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
      servers: [{ url: "/" }],
      tags: [
        { name: TAGS.data, description: "Trades, bars and instruments" },
        { name: TAGS.operating, description: "How K2 is" },
        { name: TAGS.extra, description: "The schema registry, Confluent's REST API" },
      ],
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json["$id"] === "string" ? json["$id"] : `schema-${index}`,
    },
  };
}
