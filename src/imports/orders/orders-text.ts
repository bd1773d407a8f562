import type { Abortable } from "../../base/index.ts";
import {
  BookLevels,
  formatShortest,
  ORDER_ACTIONS,
  ORDER_SIDE_NONE,
  OrderEvents,
  STORED_SCALE,
} from "../../domain/index.ts";
import { readBitstampLine } from "../bitstamp/bitstamp-log.ts";
import { PRICE_SCALE } from "../databento/dbn-record.ts";
import { appendMboEvent } from "../databento/mbo-events.ts";
import { recordText } from "../databento/record-text.ts";
import { RECORD_TYPES } from "../databento/record-types.ts";
import type { DbnSymbolMap } from "../databento/symbol-map.ts";
import { LineSplitter } from "../lines/line-splitter.ts";
import type { LobsterFile } from "../lobster/lobster-file.ts";
import { LOBSTER_PRICE_SCALE, LobsterMessages } from "../lobster/lobster-messages.ts";
import type { TextSource } from "../text/text-source.ts";

/*
 * Files that tell orders one by one, as rows of text: what the raw log keeps of them. The same file always gives the same
 * text. A line of the file that is no event stands as it is and is refused by whoever reads the rows.
 */
const HEADER = "ts_event,ts_recv,symbol,action,side,order,price,size,sequence,flags\n";
const SIDES: readonly string[] = ["bid", "ask"];

interface Scales {
  readonly price: number;
  readonly size: number;
}

function rowsOf(events: OrderEvents, symbol: (row: number) => string, scales: Scales): string {
  let text = "";
  for (let row = 0; row < events.length; row += 1) {
    const side = events.side[row] ?? ORDER_SIDE_NONE;
    const fields = [
      timeText(events.eventTimeUs[row] ?? 0, events.eventTimeNanos[row] ?? 0),
      timeText(events.receiveTimeUs[row] ?? 0, events.receiveTimeNanos[row] ?? 0),
      symbol(row),
      ORDER_ACTIONS[events.action[row] ?? 0],
      SIDES[side] ?? "",
      BigInt.asUintN(64, events.order.get(row)),
      formatShortest({ mantissa: events.price.get(row), scale: scales.price }),
      formatShortest({ mantissa: events.size.get(row), scale: scales.size }),
      events.sequence.get(row),
      events.flags[row],
    ];
    text += `${fields.join(",")}\n`;
  }
  return text;
}

/** Nanoseconds, as digits. */
function timeText(us: number, nanos: number): string {
  return `${us}${String(nanos).padStart(3, "0")}`;
}

/** A text of the header and of what a file's bytes become. */
function textOf(
  file: TextSource,
  name: string,
  open: () => { write(chunk: Uint8Array): string; end(): string },
): TextSource {
  return {
    name,
    async *read({ signal }: Abortable = {}): AsyncGenerator<Uint8Array> {
      const reading = open();
      yield Buffer.from(HEADER);
      for await (const chunk of file.read({ signal })) {
        signal?.throwIfAborted();
        const text = reading.write(chunk);
        if (text.length > 0) yield Buffer.from(text);
      }
      const rest = reading.end();
      if (rest.length > 0) yield Buffer.from(rest);
    },
  };
}

/** The messages of a LOBSTER file; a halt's price is a code and no price. */
export function lobsterOrdersText(messages: TextSource, file: LobsterFile): TextSource {
  return textOf(messages, messages.name, () => {
    const reader = new LobsterMessages(file.midnightUs);
    const events = new OrderEvents();
    let refused = "";
    const refuse = (line: number, detail: string): void => {
      refused += `line ${line} of ${messages.name}: ${detail.replaceAll(",", ";")}\n`;
    };
    const taken = (): string => {
      for (let row = 0; row < events.length; row += 1) {
        // What has no direction is a halt.
        if (events.side[row] === ORDER_SIDE_NONE) {
          events.price.setNumber(row, 0);
          events.size.setNumber(row, 0);
        }
        // Orders of crosses have numbers below zero, which say nothing.
        if (events.order.high(row) < 0) events.order.setNumber(row, 0);
      }
      const text = rowsOf(events, () => "", { price: LOBSTER_PRICE_SCALE, size: 0 }) + refused;
      events.clear();
      refused = "";
      return text;
    };
    return {
      write(chunk) {
        reader.write(chunk, events, refuse);
        return taken();
      },
      end() {
        reader.end(events, refuse);
        return taken();
      },
    };
  });
}

/** The MBO records of a DBN file or of Databento's CSV; one whose action or side is no letter of theirs is refused. */
export function databentoOrdersText(file: TextSource, otherwise?: DbnSymbolMap): TextSource {
  const events = new OrderEvents(1);
  return recordText(
    file,
    (symbols) => ({
      header: HEADER,
      row(record) {
        if (record.type !== RECORD_TYPES.mbo) return undefined;
        events.clear();
        if (!appendMboEvent(record, events))
          return `order ${record.u64(16)} of ${file.name}: action and side are "${record.letter(38)}${record.letter(39)}"\n`;
        const symbol = symbols.at(record.instrument, record.timeUs(8))?.symbol ?? "";
        return rowsOf(events, () => symbol, { price: PRICE_SCALE, size: 0 });
      },
    }),
    otherwise,
  );
}

/** The events of orders in a log of Bitstamp's live orders; its trades and the venue's own books are no orders. */
export function bitstampOrdersText(log: TextSource): TextSource {
  return textOf(log, log.name, () => {
    const lines = new LineSplitter();
    const events = new OrderEvents();
    let text = "";
    const context = {
      events,
      levels: new BookLevels(),
      trade: () => {},
      refuse: (line: number, detail: string) => {
        text += `line ${line} of ${log.name}: ${detail.replaceAll(",", ";")}\n`;
      },
    };
    let number = 0;
    const read = (bytes: Uint8Array, start: number, end: number): void => {
      number += 1;
      if (readBitstampLine(bytes.subarray(start, end), number, context) !== "order") return;
      text += rowsOf(events, () => "", { price: STORED_SCALE, size: STORED_SCALE });
      events.clear();
    };
    const taken = (): string => {
      const rows = text;
      text = "";
      return rows;
    };
    return {
      write(chunk) {
        lines.write(chunk, read);
        return taken();
      },
      end() {
        lines.end(read);
        return taken();
      },
    };
  });
}
