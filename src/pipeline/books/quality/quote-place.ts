import {
  type ConnectionClosed,
  type ConnectionOpened,
  type FrameRecord,
  type Gap,
  type Listings,
  QUOTE_FLAGS,
  type Quote,
} from "../../../domain/index.ts";
import type { ByteReader, ByteWriter } from "../../state/bytes.ts";
import { AWAY_US, MINUTE_US, minuteOf, STALE_US } from "./minute-time.ts";
import { OWN_CROSSED, QUOTED, QuoteTrack, UNKNOWN } from "./quote-track.ts";

/** SOURCES up to this one are of quotes as they happen: live, simulated and replay. */
const STREAM_SOURCE_MAX = 2;

/** The first minute that is not told yet. */
export interface ToldMark {
  readonly minute: number;
}

/**
 * The quotes of one partition of a raw topic over the minutes that are not told yet. A function of the partition's frames
 * alone, so that it does not matter in what order partitions are read.
 */
export class QuotePlace {
  readonly #listings: Listings;
  readonly #told: ToldMark;
  readonly #tracks: Map<string, QuoteTrack> = new Map();
  /** Sockets that run, as connection and epoch. */
  readonly #sockets: Set<string> = new Set();
  /** The minutes in which anything came, of those that are not told. */
  readonly heard: Set<number> = new Set();
  /** Receive time of its last frame from the venue; -1 before the first. */
  heardUs = -1;
  #nowUs = 0;

  constructor(listings: Listings, told: ToldMark) {
    this.#listings = listings;
    this.#told = told;
  }

  tracks(): Iterable<QuoteTrack> {
    return this.#tracks.values();
  }

  /** To be told of each frame before what it says. */
  frame(frame: FrameRecord): void {
    const { kind, timeUs } = frame;
    if (timeUs < this.heardUs - AWAY_US) this.#goBack();
    this.#nowUs = timeUs;
    if (kind === "received") this.#hear(timeUs);
    else if (kind === "opened") this.#opened(frame);
    else if (kind === "closed") this.#closed(frame);
  }

  quote({ listing, flags, source, halves, receiveTimeUs, connection, epoch }: Quote): void {
    if (source > STREAM_SOURCE_MAX) return;
    const track = this.#track(listing, (flags & QUOTE_FLAGS.derived) !== 0, connection, receiveTimeUs);
    track.source = source;
    track.epoch = epoch;
    if ((flags & (QUOTE_FLAGS.noBid | QUOTE_FLAGS.noAsk)) !== 0)
      track.push(receiveTimeUs, UNKNOWN, undefined, this.#floorUs);
    else if ((flags & (QUOTE_FLAGS.locked | QUOTE_FLAGS.crossed)) !== 0)
      track.push(receiveTimeUs, OWN_CROSSED, undefined, this.#floorUs);
    else track.push(receiveTimeUs, QUOTED, pricesOf(halves), this.#floorUs);
  }

  /** A book is not proven any more: since its last message that was. */
  gap({ state, venue, rawSymbols, connection, cause, fromUs, source }: Gap): void {
    if (state !== "open" || source > STREAM_SOURCE_MAX) return;
    for (const rawSymbol of rawSymbols) {
      const listing = this.#listings.find(venue, rawSymbol);
      const track = listing && this.#tracks.get(keyOf(listing.index, true, connection));
      track?.push(fromUs, UNKNOWN, undefined, this.#floorUs);
      if (cause === "crossed") track?.push(this.#nowUs, OWN_CROSSED, undefined, this.#floorUs);
    }
  }

  /** All before then is told. */
  dropBefore(timeUs: number): void {
    for (const track of this.#tracks.values()) track.dropBefore(timeUs);
    for (const minute of this.heard) if (minute * MINUTE_US < timeUs) this.heard.delete(minute);
  }

  write(writer: ByteWriter): void {
    writer.float(this.heardUs);
    writer.text(JSON.stringify({ heard: [...this.heard], sockets: [...this.#sockets] }));
    writer.whole(this.#tracks.size);
    for (const track of this.#tracks.values()) track.write(writer);
  }

  read(reader: ByteReader): void {
    this.heardUs = reader.float();
    const { heard, sockets } = JSON.parse(reader.text()) as {
      readonly heard: readonly number[];
      readonly sockets: readonly string[];
    };
    for (const minute of heard) this.heard.add(minute);
    for (const socket of sockets) this.#sockets.add(socket);
    for (let left = reader.whole(); left > 0; left -= 1) {
      const track = QuoteTrack.read(reader);
      this.#tracks.set(keyOf(track.listing, track.isDerived, track.connection), track);
    }
  }

  get #floorUs(): number {
    return this.#told.minute * MINUTE_US;
  }

  #hear(timeUs: number): void {
    if (this.heardUs >= 0 && timeUs - this.heardUs > STALE_US) {
      for (const track of this.#tracks.values()) track.pause(this.heardUs + STALE_US, timeUs, this.#floorUs);
    }
    if (timeUs > this.heardUs) this.heardUs = timeUs;
    const minute = minuteOf(timeUs);
    if (minute * MINUTE_US >= this.#floorUs && !this.heard.has(minute)) this.heard.add(minute);
  }

  /** What was known is of another time. */
  #goBack(): void {
    this.#tracks.clear();
    this.heard.clear();
    this.heardUs = -1;
  }

  #opened(frame: FrameRecord): void {
    const { connection, epoch, payload } = frame;
    const { planned } = parse<ConnectionOpened>(payload);
    const own = socketOf(connection, epoch);
    if (!planned) this.#end(connection, (socket) => socket !== own);
    this.#sockets.add(own);
  }

  #closed({ connection, epoch, payload }: FrameRecord): void {
    parse<ConnectionClosed>(payload);
    this.#end(connection, (socket) => socket === socketOf(connection, epoch));
  }

  /** What sockets said that are gone holds no more, unless another of the connection goes on with it. */
  #end(connection: string, isGone: (socket: string) => boolean): void {
    const prefix = socketOf(connection, "");
    for (const socket of [...this.#sockets])
      if (socket.startsWith(prefix) && isGone(socket)) this.#sockets.delete(socket);
    if ([...this.#sockets].some((socket) => socket.startsWith(prefix))) return;
    for (const track of this.#tracks.values())
      if (track.connection === connection) track.push(Math.max(0, this.heardUs), UNKNOWN, undefined, this.#floorUs);
  }

  #track(listing: number, isDerived: boolean, connection: string, sinceUs: number): QuoteTrack {
    const key = keyOf(listing, isDerived, connection);
    const known = this.#tracks.get(key);
    if (known !== undefined) return known;
    const track = new QuoteTrack(listing, { isDerived, connection, sinceUs });
    this.#tracks.set(key, track);
    return track;
  }
}

/** True of frames that were received as they happened. */
export function isOfStream({ sourceIndex }: FrameRecord): boolean {
  return sourceIndex <= STREAM_SOURCE_MAX;
}

function keyOf(listing: number, isDerived: boolean, connection: string): string {
  return `${isDerived ? "b" : "q"}${listing} ${connection}`;
}

function socketOf(connection: string, epoch: number | ""): string {
  return `${connection}#${epoch}`;
}

/** Of the halves of a quote those of its prices. Shared: valid until the next call. */
function pricesOf(halves: Int32Array): Int32Array {
  prices[0] = halves[0] ?? 0;
  prices[1] = halves[1] ?? 0;
  prices[2] = halves[4] ?? 0;
  prices[3] = halves[5] ?? 0;
  return prices;
}

const prices = new Int32Array(4);

function parse<Body>(payload: Uint8Array): Body {
  return JSON.parse(new TextDecoder().decode(payload));
}
