import type { Abortable } from "../../../base/index.ts";
import { decodeQuoteMinutes, TOPICS } from "../../../domain/index.ts";
import type { EventSink } from "../../ports.ts";
import { minuteOf } from "./minute-time.ts";

/** What the event log tells of quotes' minutes. */
export interface ToldMinutes {
  /** The minute after that of the last row; 0 where there is none. */
  readonly firstUntold: number;
  /** Of the rows' topic. */
  readonly endOffset: number;
}

export async function toldMinutes(events: EventSink, { signal }: Abortable): Promise<ToldMinutes> {
  const [{ startOffset, endOffset } = { startOffset: 0, endOffset: 0 }] = await events.bounds(TOPICS.quoteQuality);
  let firstUntold = 0;
  if (startOffset < endOffset) {
    const last = { topic: TOPICS.quoteQuality, partition: 0, offset: endOffset - 1 };
    for await (const { records } of events.read(last, { follow: false, signal })) {
      for (const { startUs } of decodeQuoteMinutes(records)) firstUntold = minuteOf(startUs) + 1;
    }
  }
  return { firstUntold, endOffset };
}
