import type { FrameMarks, VenueDataContext, VenueDataOutcome, VenueDataReader } from "../../domain/index.ts";
import { parseLexemes } from "../decode/lexeme-json.ts";
import { Sheet } from "./sheet.ts";

/** One feed's channels beside trades and books, as pure functions over parsed frames. */
export interface VenueDataFormat {
  /** See VenueDataReader. */
  readonly marks: FrameMarks;
  /** Prices and sizes stand bare, not in quotes: a frame's numbers are then kept as their texts (JsonNumber). */
  readonly hasBareNumbers?: boolean;
  /**
   * Puts all records of a frame on the sheet. Never throws.
   *
   * @returns "other" for frames of channels that are not chosen, and for answers
   */
  read(message: unknown, sheet: Sheet): VenueDataOutcome;
  /** What the venue is asked for over HTTP, of the chosen channels. */
  readonly answers?: readonly AnswerFormat[];
}

/** Answers of status 200 to one kind of request. */
export interface AnswerFormat {
  /** The path of such a request, of which the beginning may be another host's own: ends with "$". */
  readonly path: RegExp;
  /** As VenueDataFormat.read. */
  read(message: unknown, sheet: Sheet): VenueDataOutcome;
}

/** Four times the largest frame that any venue sends here: the list of all its instruments. */
const FRAME_BYTES_MAX = 16_777_216;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function createVenueDataReader(format: VenueDataFormat): VenueDataReader {
  const parse: (text: string) => unknown = format.hasBareNumbers === true ? parseLexemes : JSON.parse;
  const readWith = (
    payload: Uint8Array,
    context: VenueDataContext,
    { read }: Pick<VenueDataFormat, "read">,
  ): VenueDataOutcome => {
    const sheet = new Sheet(context);
    if (payload.byteLength > FRAME_BYTES_MAX)
      return sheet.malformed(`a frame has at most ${FRAME_BYTES_MAX} bytes, not ${payload.byteLength}`);
    let message: unknown;
    try {
      message = parse(utf8.decode(payload));
    } catch (error) {
      return sheet.malformed(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    return read(message, sheet);
  };
  const { answers = [] } = format;
  return {
    marks: format.marks,
    read: (payload, context) => readWith(payload, context, format),
    ...(answers.length === 0
      ? {}
      : {
          fetched(url, body, context) {
            const asked = URL.canParse(url) ? new URL(url).pathname : "";
            const answer = answers.find(({ path }) => path.test(asked));
            return answer === undefined ? "other" : readWith(body, context, answer);
          },
        }),
  };
}
