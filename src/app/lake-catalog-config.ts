import Type from "typebox";
import type { CatalogConfig } from "../lake/index.ts";

/** `lake.catalog` of the configuration. The password is never in it: PGPASSWORD and ~/.pgpass are asked, as by psql. */
export const LakeCatalogSchema: Type.TObject<{ url: Type.TOptional<Type.TString>; name: Type.TString }> = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        // Nothing between the user's name and the @: a password would lie in the file.
        pattern: "^postgres(ql)?://([^:@/]*@)?[^@]*$",
        description: "postgresql://user@host:port/database; default: SQLite in the data folder",
      }),
    ),
    name: Type.String({
      minLength: 1,
      maxLength: 200,
      default: "k2",
      description: "Among the catalogs of one database; that of simulated data has -simulated after it",
    }),
  },
  { additionalProperties: false, default: {} },
);

export interface LakeCatalogConfig {
  readonly url?: string;
  readonly name: string;
}

/** Which catalog holds the lake's tables, and under what name. */
export interface LakeCatalog {
  readonly name: string;
  readonly config: CatalogConfig;
}

/** @param sqlitePath where the catalog is while no other is named */
export function lakeCatalog(
  config: LakeCatalogConfig | undefined,
  { mode, sqlitePath }: { readonly mode: "simulated" | "live"; readonly sqlitePath: string },
): LakeCatalog {
  if (config?.url === undefined) return { name: "k2", config: { kind: "sqlite", path: sqlitePath } };
  const name = mode === "live" ? config.name : `${config.name}-${mode}`;
  return { name, config: { kind: "postgres", url: config.url } };
}
