import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type K2, startK2 } from "../../src/app/wire.ts";
import { silentLogger } from "../../src/base/index.ts";
import { temporaryFolder, testConfig } from "./harness.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const built = existsSync(fileURLToPath(new URL("../../web/dist/index.html", import.meta.url)));
const reason =
  executablePath === undefined
    ? "no Chromium on this machine"
    : built
      ? undefined
      : "the page is not built: npm run web";
if (reason !== undefined) console.info(`skipped: the page in a browser, ${reason}`);

/** Without these Chromium looks for updates and other hosts at its start. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

describe.skipIf(reason !== undefined)("the page, in a real Chromium", () => {
  const folder = temporaryFolder();
  let k2: K2;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    k2 = await startK2(testConfig(folder.path, { simulation: { tradesPerSecond: 400, seed: 3 } }), {
      logger: silentLogger,
    });
    browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: QUIET });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(k2.url);
  });

  afterAll(async () => {
    await browser?.close();
    await k2?.[Symbol.asyncDispose]();
    folder.remove();
  });

  test("says that the market is simulated", async () => {
    await page.getByText("Simulated market").waitFor();
  });

  test("shows live candles that grow", async () => {
    const chart = page.locator(".chart");
    await expect
      .poll(async () => Number(await chart.getAttribute("data-bars")), { timeout: 20_000 })
      .toBeGreaterThan(2);
    const before = Number(await chart.getAttribute("data-bars"));
    await expect
      .poll(async () => Number(await chart.getAttribute("data-bars")), { timeout: 20_000 })
      .toBeGreaterThan(before);
    expect(await chart.locator("canvas").count()).toBeGreaterThan(0);
  });

  test("shows the tape, newest first, with exact prices", async () => {
    const rows = page.locator(".tape tbody tr");
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBeGreaterThan(5);
    const times = await page.locator(".tape tbody td:first-child").allTextContents();
    expect(times).toEqual([...times].sort().reverse());
    expect(await rows.first().locator("td").nth(1).textContent()).toMatch(/^\d+(\.\d+)?$/);
  });

  test("shows the health of every feed", async () => {
    for (const feed of ["binance/0", "binance-usdm/0", "kraken/0", "coinbase/0", "bybit/0", "bybit-linear/0"]) {
      await expect
        .poll(async () => page.locator(".feeds tr", { hasText: feed }).first().textContent(), { timeout: 20_000 })
        .toContain("live");
    }
  });

  test("another instrument and another width are a choice away", async () => {
    await page.selectOption("select", "ETH-USD-SPOT kraken");
    await page.getByRole("button", { name: "5m", exact: true }).click();
    await page.getByRole("img", { name: "Candles of ETH-USD-SPOT on kraken, 5m" }).waitFor();
    await expect.poll(() => page.locator(".tape tbody tr").count(), { timeout: 20_000 }).toBeGreaterThan(0);
  });

  test("reconnects by itself after the connection was lost", async () => {
    await page.context().setOffline(true);
    await page.evaluate("undefined");
    await page.context().setOffline(false);
    await expect.poll(() => page.locator(".link").textContent(), { timeout: 20_000 }).toBe("live");
  });

  test("complains of nothing in the console", () => {
    expect(complaints.filter((text) => !text.includes("ERR_INTERNET_DISCONNECTED"))).toEqual([]);
  });
});
