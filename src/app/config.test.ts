import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

test("readConfig() with nothing said gives the simulated market on loopback", () => {
  const config = readConfig({ environment: {} });
  expect(config.mode).toBe("simulated");
  expect(config.http).toEqual({ host: "127.0.0.1", port: 8420 });
  expect(config.folder).toBe(resolve("data/simulated"));
  expect(new Set(config.feeds.map(({ feed }) => feed.split("-")[0]))).toEqual(
    new Set(["binance", "kraken", "coinbase", "bybit"]),
  );
});

test("readConfig() lets the environment win over the file, and overrides over both", () => {
  const folder = mkdtempSync(join(tmpdir(), "k2-config-"));
  const file = join(folder, "k2.json");
  writeFileSync(file, JSON.stringify({ http: { port: 1 }, lake: { commitAgeMs: 7 }, rawLog: { retentionHours: 3 } }));
  const config = readConfig({
    file,
    environment: { K2_HTTP_PORT: "2", K2_LOG_LEVEL: "info", K2_RAW_LOG_RETENTION_HOURS: "4" },
    overrides: { http: { port: 3 } },
  });
  rmSync(folder, { recursive: true });
  expect([config.http.port, config.lake.commitAgeMs, config.log.level, config.rawLog.retentionHours]).toEqual([
    3,
    7,
    "info",
    4,
  ]);
});

test("readConfig() names every wrong setting", () => {
  const read = (): unknown =>
    readConfig({ environment: { K2_HTTP_PORT: "70000" }, overrides: { mode: "fake", sped: 1 } });
  expect(read).toThrow(/http\.port: must be <= 65535/);
  expect(read).toThrow(/mode: must be "simulated" or "live"\n/);
  expect(read).toThrow(/additional properties: sped/);
});

test("readConfig() gives a configuration that cannot be changed", () => {
  const config = readConfig({ environment: {} });
  expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError);
});

test("readConfig() says which file it could not read", () => {
  expect(() => readConfig({ file: "/no/such/k2.json", environment: {} })).toThrow(
    /Cannot read the configuration \/no\/such\/k2\.json/,
  );
});

test("readConfig() takes a catalog's address, and refuses a password in it", () => {
  const read = (url: string): unknown => readConfig({ environment: {}, overrides: { lake: { catalog: { url } } } });
  expect(read("postgresql://k2@db.example:5432/lake")).toMatchObject({ lake: { catalog: { name: "k2" } } });
  expect(read("postgres://db.example/lake")).toBeDefined();
  expect(() => read("postgresql://k2:secret@db.example/lake")).toThrow(/lake\.catalog\.url/);
});
