import { expect, test } from "vitest";
import type { ConnectionClosed, Gap } from "../domain/index.ts";
import { ConnectionGaps } from "./gaps.ts";
import { ByteReader, ByteWriter } from "./state/bytes.ts";

const S = 1_000_000;

/** A connection's life in seconds, as short words; what it says of gaps. */
class Life {
  #connection: ConnectionGaps = make();
  readonly gaps: Gap[] = [];

  open(second: number, epoch: number, planned = false): this {
    this.#restart();
    this.#connection.opened(seen(second, epoch), { url: "", symbols: ["BTC", "ETH"], planned }, this.gaps);
    return this;
  }
  close(second: number, epoch: number, cause: ConnectionClosed["cause"]): this {
    this.#restart();
    this.#connection.closed(seen(second, epoch), { cause, detail: `because of ${cause}` }, this.gaps);
    return this;
  }
  market(second: number, epoch: number): this {
    this.#restart();
    this.#connection.received(seen(second, epoch), true, this.gaps);
    return this;
  }
  control(second: number, epoch: number): this {
    this.#restart();
    this.#connection.received(seen(second, epoch), false, this.gaps);
    return this;
  }
  get story(): readonly string[] {
    return this.gaps.map(({ gapId, state, cause, fromUs, toUs, resolution }) =>
      [gapId, state, cause, fromUs / S, toUs === undefined ? "-" : toUs / S, resolution ?? "-"].join(" "),
    );
  }
  /** Every step goes through a checkpoint: none of this may depend on memory. */
  #restart(): void {
    const writer = new ByteWriter();
    this.#connection.write(writer);
    this.#connection = make();
    this.#connection.read(new ByteReader(writer.take()), 2);
  }
}

const make = (isHealed = false): ConnectionGaps =>
  new ConnectionGaps({ feed: "one", venue: "one", connection: "one/0", isHealed });
const seen = (second: number, epoch: number) => ({ epoch, timeUs: second * S, source: 0 });

test.each([
  ["remote", "disconnect"],
  ["stale", "stale"],
  ["error", "error"],
  ["shutdown", "shutdown"],
] as const)("a socket that ended (%s) opens a gap at its last frame; the next one's data closes it", (cause, named) => {
  const life = new Life()
    .open(1, 1)
    .market(2, 1)
    .control(3, 1)
    .close(9, 1, cause)
    .open(11, 2)
    .control(12, 2)
    .market(13, 2);
  expect(life.story).toEqual([`one/0#1 open ${named} 3 - -`, `one/0#1 closed ${named} 3 13 reconnected`]);
  expect(life.gaps[0]).toMatchObject({ venue: "one", rawSymbols: ["BTC", "ETH"], detail: `because of ${cause}` });
});

test("a socket without a closed record before the next opens: K2 had crashed", () => {
  expect(new Life().open(1, 1).market(2, 1).open(60, 2).market(61, 2).story).toEqual([
    "one/0#1 open crash 2 - -",
    "one/0#1 closed crash 2 61 reconnected",
  ]);
});

test("a planned change-over is no gap", () => {
  const life = new Life().open(1, 1).market(2, 1).open(3, 2, true).market(4, 1).market(4, 2).close(5, 1, "planned");
  expect(life.market(6, 2).story).toEqual([]);
});

test("a change-over whose new socket fails is no gap while the old one runs", () => {
  const life = new Life().open(1, 1).market(2, 1).open(3, 2, true).close(4, 2, "error").market(5, 1);
  expect(life.story).toEqual([]);
  expect(life.close(6, 1, "remote").story).toEqual(["one/0#1 open disconnect 5 - -"]);
});

test("on a quiet market an acknowledgement closes the gap only when the socket has stood for five seconds", () => {
  const life = new Life().open(1, 1).market(2, 1).close(3, 1, "remote").open(10, 2).control(14.9, 2);
  expect(life.gaps).toHaveLength(1);
  expect(life.control(15, 2).story.at(-1)).toBe("one/0#1 closed disconnect 2 15 reconnected");
});

test("a socket that ends before it brought data prolongs the gap", () => {
  const life = new Life()
    .open(1, 1)
    .market(2, 1)
    .close(3, 1, "remote")
    .open(4, 2)
    .close(5, 2, "error")
    .open(6, 3)
    .market(7, 3);
  expect(life.story).toEqual(["one/0#1 open disconnect 2 - -", "one/0#1 closed disconnect 2 7 reconnected"]);
});

test("a late frame of the ended socket closes nothing", () => {
  expect(new Life().open(1, 1).close(3, 1, "remote").market(4, 1).gaps).toHaveLength(1);
});

test("the first socket ever opens without a gap", () => {
  expect(new Life().open(1, 7).market(2, 7).gaps).toEqual([]);
});

test("what a venue was asked for counts for the gap that it was asked for, also while the connection is lost", () => {
  const connection = make(true);
  const gaps: Gap[] = [];
  const opened = { url: "", symbols: ["BTC"], planned: false };
  const lose = (second: number, epoch: number): void => {
    connection.opened(seen(second, epoch), opened, gaps);
    connection.received(seen(second, epoch), true, gaps);
    connection.closed(seen(second, epoch), { cause: "remote", detail: "cut" }, gaps);
  };
  lose(1, 1);
  expect(connection.fetched(1, 60)).toBe(true);
  lose(2, 2); // Its first frame of market data ended the first gap.
  expect(connection.fetched(2, 5)).toBe(true);
  expect(connection.fetched(1, 7)).toBe(true);
  expect(connection.fetched(1, 0)).toBe(false);
  const writer = new ByteWriter();
  connection.write(writer);
  const restarted = make(true);
  restarted.read(new ByteReader(writer.take()), 2);
  restarted.opened(seen(3, 3), opened, gaps);
  restarted.received(seen(3, 3), true, gaps);
  gaps.length = 0;
  for (const epoch of [2, 1])
    restarted.concluded({ gapId: `one/0#${epoch}`, coverage: "whole", requests: 3, detail: "" }, gaps);
  expect(gaps.map(({ gapId, resolution, detail }) => [gapId, resolution, detail])).toEqual([
    ["one/0#2", "healed", "cut; 5 trades came in 3 requests"],
    ["one/0#1", "healed", "cut; 67 trades came in 3 requests"],
  ]);
});
