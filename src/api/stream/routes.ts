import type { Listing, Listings } from "../../domain/index.ts";

/** Which groups want a listing, found once for each listing until the groups change. */
export class Routes<Group> {
  readonly #listings: Listings;
  readonly #wants: (group: Group, listing: Listing) => boolean;
  readonly #groups = new Map<string, Group>();
  #byListing: (readonly Group[] | undefined)[] = [];

  constructor(listings: Listings, wants: (group: Group, listing: Listing) => boolean) {
    this.#listings = listings;
    this.#wants = wants;
  }

  get size(): number {
    return this.#groups.size;
  }

  groups(): Iterable<Group> {
    return this.#groups.values();
  }

  /** The group of that key, made where there is none. */
  open(key: string, make: () => Group): Group {
    const group = this.#groups.get(key) ?? make();
    if (!this.#groups.has(key)) {
      this.#groups.set(key, group);
      this.#byListing = [];
    }
    return group;
  }

  /** Forgets the group, unless another has its key by now. */
  close(key: string, group: Group): void {
    if (this.#groups.get(key) !== group) return;
    this.#groups.delete(key);
    this.#byListing = [];
  }

  /** @throws {InternalError} when no listing has that number */
  to(listing: number): readonly Group[] {
    const known = this.#byListing[listing];
    if (known !== undefined) return known;
    const found = this.#listings.at(listing);
    const groups = [...this.#groups.values()].filter((group) => this.#wants(group, found));
    this.#byListing[listing] = groups;
    return groups;
  }
}
