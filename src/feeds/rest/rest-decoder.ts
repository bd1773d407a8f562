import { type FrameDecoder, readFetched } from "../../domain/index.ts";
import { appendTrade } from "../decode/trade-fields.ts";
import type { RestTrades } from "./rest-trades.ts";

const OK = 200;

/**
 * The decoder of a venue's answers over HTTP: rows like those of its stream, with the same ids.
 * Refusals, rate limits and failures of the venue are "control"; answers to other requests "other".
 */
export function createRestDecoder(rest: Pick<RestTrades, "read">): FrameDecoder {
  return {
    decode(payload, context) {
      const answer = readFetched(payload);
      if (answer === undefined) {
        context.refuse("malformed", "a fetched answer does not begin with a line that says what was asked for");
        return "refused";
      }
      if (answer.status !== OK) return "control";
      const read = rest.read(answer);
      if (read.kind === "malformed") {
        context.refuse("malformed", `the answer to ${answer.url}: ${read.detail}`);
        return "refused";
      }
      if (read.kind !== "trades") return read.kind === "refused" ? "control" : "other";
      read.trades.forEach((trade, frameIndex) => {
        appendTrade(trade, frameIndex, context);
      });
      return read.trades.length === 0 ? "control" : "trades";
    },
  };
}
