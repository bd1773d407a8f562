import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { existingDataFolder, openDataFolder } from "./data-folder.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "k2-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("openDataFolder() opens again what it made", () => {
  const made = openDataFolder({ folder, mode: "live" });
  expect(openDataFolder({ folder, mode: "live" })).toEqual(made);
});

test("openDataFolder() refuses to mix simulated with real rows", () => {
  openDataFolder({ folder, mode: "simulated" });
  expect(() => openDataFolder({ folder, mode: "live" })).toThrow(/holds simulated data, and this run is live/);
});

test("openDataFolder() refuses a format it does not know", () => {
  writeFileSync(join(folder, "k2.json"), '{"formatVersion": 99, "mode": "live"}');
  expect(() => openDataFolder({ folder, mode: "live" })).toThrow(/newer K2/);
});

test("existingDataFolder() says how to make one where there is none", () => {
  expect(() => existingDataFolder({ folder, mode: "live" })).toThrow(/k2 up --live/);
});
