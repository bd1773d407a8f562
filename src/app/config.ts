import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import Type from "typebox";
import Value from "typebox/value";
import { describeError, InvalidInputError, type LogLevel } from "../base/index.ts";
import { describeProblems } from "./config-problems.ts";
import { type FeedConfig, LIVE_FEEDS, SIMULATED_FEEDS } from "./default-feeds.ts";
import { type EquitiesConfig, EquitiesSchema } from "./equities/equities-config.ts";
import { type LakeCatalogConfig, LakeCatalogSchema } from "./lake-catalog-config.ts";
import { checkSchedules, type MaintenanceConfig, MaintenanceSchema } from "./lake-jobs/maintenance-config.ts";
import { type LakeStorageConfig, LakeStorageSchema } from "./lake-storage-config.ts";
import { type RestCatalogConfig, RestCatalogSchema } from "./rest-catalog-config.ts";

const nonNegative = (value: number, description: string) => Type.Number({ minimum: 0, default: value, description });
const positive = (value: number, description: string) => Type.Integer({ minimum: 1, default: value, description });

const FeedSchema = Type.Object(
  {
    feed: Type.String({ description: "Which protocol of which venue: see `k2 feeds`" }),
    symbols: Type.Array(Type.String(), { minItems: 1, description: "Canonical ids, such as BTC-USDT-SPOT" }),
    channels: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description:
          "The venue's channels; default: its trade channel. Books and quotes: docs/books.md. Tickers, candles, funding, liquidations, status: docs/venue-data.md",
      }),
    ),
    url: Type.Optional(Type.String({ description: "Instead of the venue's public endpoint" })),
    urls: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description:
          "Several endpoints instead of one, the preferred first: after three failures in a row the next is tried",
      }),
    ),
    restUrl: Type.Optional(
      Type.String({
        description:
          "Instead of the venue's public endpoint over HTTP; a feed with a url is healed only where this is named",
      }),
    ),
    pollEveryMs: Type.Optional(
      Type.Record(Type.String(), Type.Integer({ minimum: 500 }), {
        description: "How often a channel that is asked for over HTTP is, by its name: docs/feeds.md",
      }),
    ),
    source: Type.Optional(
      Type.Union([Type.Literal("live"), Type.Literal("replay")], {
        description: "What rows say of their origin; replay for a feed whose url is a k2 replay",
      }),
    ),
  },
  { additionalProperties: false },
);

const ConfigSchema = Type.Object(
  {
    mode: Type.Union([Type.Literal("simulated"), Type.Literal("live")], {
      default: "simulated",
      description: "simulated: a built-in market on loopback, every row marked so. live: the venues' public endpoints",
    }),
    data: Type.String({
      default: "./data",
      description: "Folder of all that K2 keeps; each mode has a folder of its own in it",
    }),
    log: Type.Object(
      {
        level: Type.Union(
          [
            Type.Literal("debug"),
            Type.Literal("info"),
            Type.Literal("warn"),
            Type.Literal("error"),
            Type.Literal("silent"),
          ],
          { default: "warn", description: "Of the program's own log on standard error" },
        ),
      },
      { additionalProperties: false, default: {} },
    ),
    http: Type.Object(
      {
        host: Type.String({ default: "127.0.0.1", description: "Loopback by default: there is no access control yet" }),
        port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8420, description: "0 takes a free one" }),
      },
      { additionalProperties: false, default: {} },
    ),
    feeds: Type.Optional(
      Type.Array(FeedSchema, { description: "What to capture; default: BTC, ETH and SOL on four venues" }),
    ),
    simulation: Type.Object(
      {
        seed: Type.Integer({ default: 1, description: "The same seed gives the same market" }),
        tradesPerSecond: nonNegative(40, "Over all venues and symbols, on average"),
      },
      { additionalProperties: false, default: {} },
    ),
    capture: Type.Object(
      {
        isolation: Type.Optional(
          Type.Union([Type.Literal("worker"), Type.Literal("none")], {
            description:
              "worker: each feed is captured in a worker of its own, whose end no other feed notices; default in live " +
              "mode. none: all in the main thread, for about 16 MB less a feed; default in simulated mode",
          }),
        ),
      },
      { additionalProperties: false, default: {} },
    ),
    books: Type.Object(
      {
        snapshotEveryMs: positive(60_000, "A book that changes is written whole this often, by the clock of receipt"),
        snapshotDepth: Type.Integer({
          minimum: 1,
          maximum: 2_000,
          default: 1_000,
          description: "Levels a side of such a snapshot, at the most",
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    healing: Type.Object(
      {
        enabled: Type.Boolean({
          default: true,
          description: "Ask the venues for trades that were missed: docs/gaps.md",
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    rawLog: Type.Object(
      {
        retentionHours: nonNegative(168, "Frames older than this may go once they are in the lake"),
        retentionBytes: positive(20_000_000_000, "The oldest may go earlier when the raw log is larger than this"),
      },
      { additionalProperties: false, default: {} },
    ),
    eventLog: Type.Object(
      {
        partitions: Type.Integer({
          minimum: 1,
          maximum: 256,
          default: 4,
          description: "Of market.trades; may grow, never shrink",
        }),
        retentionHours: nonNegative(168, "Events older than this may go once they are in the lake"),
        retentionBytes: positive(20_000_000_000, "The oldest may go earlier when the event log is larger than this"),
      },
      { additionalProperties: false, default: {} },
    ),
    lake: Type.Object(
      {
        commitAgeMs: positive(60_000, "Commit at the latest after this"),
        firstCommitAgeMs: positive(
          5_000,
          "The first commit after a start comes sooner, so that there is something to see",
        ),
        commitRows: positive(2_500_000, "Commit when this many trades wait (about 32 MB of Parquet)"),
        frameBytes: positive(64_000_000, "Write a file of raw frames when this many bytes wait"),
        maintenance: MaintenanceSchema,
        rest: RestCatalogSchema,
        storage: LakeStorageSchema,
        catalog: LakeCatalogSchema,
      },
      { additionalProperties: false, default: {} },
    ),
    equities: EquitiesSchema,
    store: Type.Object(
      {
        rowsMax: positive(5_000_000, "Recent trades kept for fast answers"),
        ageMs: positive(86_400_000, "How long recent rows are kept"),
        memoryBytes: positive(268_435_456, "What DuckDB may use"),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false },
);

/** Read, checked and frozen once; each part gets its slice. Every setting is explained by the schema above. */
export interface Config {
  readonly mode: "simulated" | "live";
  readonly data: string;
  /** Absolute; the folder of this mode. */
  readonly folder: string;
  readonly log: { readonly level: LogLevel };
  readonly http: { readonly host: string; readonly port: number };
  readonly feeds: readonly FeedConfig[];
  readonly simulation: { readonly seed: number; readonly tradesPerSecond: number };
  readonly capture: { readonly isolation: "worker" | "none" };
  readonly books: { readonly snapshotEveryMs: number; readonly snapshotDepth: number };
  readonly healing: { readonly enabled: boolean };
  readonly rawLog: { readonly retentionHours: number; readonly retentionBytes: number };
  readonly eventLog: { readonly partitions: number; readonly retentionHours: number; readonly retentionBytes: number };
  readonly lake: {
    readonly commitAgeMs: number;
    readonly firstCommitAgeMs: number;
    readonly commitRows: number;
    readonly frameBytes: number;
    readonly maintenance: MaintenanceConfig;
    readonly rest: RestCatalogConfig;
    readonly storage: LakeStorageConfig;
    readonly catalog: LakeCatalogConfig;
  };
  readonly equities: EquitiesConfig;
  readonly store: { readonly rowsMax: number; readonly ageMs: number; readonly memoryBytes: number };
}

/** The whole configuration as JSON Schema, for `k2 config --schema` and for editors. */
export function configSchema(): object {
  return ConfigSchema;
}

export interface ConfigSources {
  /** A JSON file; when absent, `k2.config.json` in the working folder if there is one. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Wins over file and environment; from command-line options. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/**
 * Defaults, then the file, then environment (`K2_HTTP_PORT` sets `http.port`), then overrides.
 *
 * @throws {InvalidInputError} naming every wrong setting, where it stands and what would be right
 */
export function readConfig({ file, environment, overrides = {} }: ConfigSources): Config {
  const merged = merge(merge(readFile(file), fromEnvironment(environment)), overrides);
  const filled = Value.Default(ConfigSchema, structuredClone(merged)); // It writes into what it is given.
  if (!Value.Check(ConfigSchema, filled)) {
    const problems = describeProblems(Value.Errors(ConfigSchema, filled));
    throw new InvalidInputError(
      `The configuration is not valid; K2 did not start:\n${problems.join("\n")}\nSee \`k2 config --schema\``,
    );
  }
  checkSchedules(filled.lake.maintenance);
  const feeds = filled.feeds ?? (filled.mode === "live" ? LIVE_FEEDS : SIMULATED_FEEDS);
  const capture = { isolation: filled.capture.isolation ?? (filled.mode === "live" ? "worker" : "none") };
  return deepFreeze({ ...filled, feeds, capture, folder: resolve(filled.data, filled.mode) });
}

function readFile(file: string | undefined): object {
  const path = file ?? "k2.config.json";
  if (file === undefined && !existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, "utf8")) as object;
  } catch (error) {
    throw new InvalidInputError(`Cannot read the configuration ${path}: ${describeError(error)}`, { cause: error });
  }
}

/** Each setting that is text, a number or a choice can be set as K2_ + its path in capitals: log.level is K2_LOG_LEVEL. */
function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): object {
  let found: object = {};
  for (const path of settingPaths(ConfigSchema as unknown as SchemaNode)) {
    const text = environment[environmentName(path)];
    if (text !== undefined) found = merge(found, nest(path, settingOf(text)));
  }
  return found;
}

function settingOf(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** `["http", "port"]` is K2_HTTP_PORT, `["rawLog", "retentionHours"]` is K2_RAW_LOG_RETENTION_HOURS. */
function environmentName(path: readonly string[]): string {
  return `K2_${path.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join("_")}`;
}

interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

function settingPaths(schema: SchemaNode, path: readonly string[] = []): readonly (readonly string[])[] {
  if (schema.type === "array") return [];
  if (schema.properties === undefined) return [path];
  return Object.entries(schema.properties).flatMap(([name, child]) => settingPaths(child, [...path, name]));
}

function nest(path: readonly string[], value: unknown): object {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;
}

function merge(base: object, over: object): object {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    result[name] = isPlain(value) && isPlain(result[name]) ? merge(result[name], value) : value;
  }
  return result;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
