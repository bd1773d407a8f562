import Type from "typebox";

/** `lake.rest` of the configuration. */
export const RestCatalogSchema: Type.TObject<{
  enabled: Type.TBoolean;
  tokens: Type.TArray<Type.TString>;
  readOnly: Type.TBoolean;
  locations: Type.TArray<Type.TString>;
}> = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: "Serve the Iceberg REST catalog at /catalog on the http port",
    }),
    tokens: Type.Array(Type.String({ minLength: 16 }), {
      default: [],
      description: "Bearer tokens: with any, each request shows one; without, K2's own tables are read only",
    }),
    readOnly: Type.Boolean({ default: false, description: "Refuse every change by clients of the catalog" }),
    locations: Type.Array(Type.String(), {
      default: [],
      description: "Where clients may put tables besides the lake's folder, such as file:///mnt/shared",
    }),
  },
  { additionalProperties: false, default: {} },
);

export interface RestCatalogConfig {
  readonly enabled: boolean;
  readonly tokens: readonly string[];
  readonly readOnly: boolean;
  readonly locations: readonly string[];
}
