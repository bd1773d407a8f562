import { InternalError } from "../../base/index.ts";
import type { Client, FeedFloor } from "../wire/index.ts";

/** The floor that a client stands on; a player meets only clients of its own feeds. */
export function floorOf(client: Client, floors: ReadonlyMap<string, FeedFloor>): FeedFloor {
  const floor = floors.get(client.feed);
  if (floor === undefined)
    throw new InternalError(`A client of feed ${client.feed} reached a player of ${[...floors.keys()].join(", ")}`);
  return floor;
}
