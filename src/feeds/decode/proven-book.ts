import type { BookVerdict } from "../../domain/index.ts";
import type { BookHead } from "./book-head.ts";

/** Of one product: whether a snapshot came, and nothing was missed since. Its messages have no numbers of their own. */
export class ProvenBook {
  #isProven: boolean;

  constructor(isProven = false) {
    this.#isProven = isProven;
  }

  get isProven(): boolean {
    return this.#isProven;
  }

  take(head: BookHead): BookVerdict {
    if (head.isSnapshot) this.#isProven = true;
    if (this.#isProven) return head.isSnapshot ? "replace" : "apply";
    head.detail = "no snapshot came before it, or messages are missing";
    return "gap";
  }

  forget(): void {
    this.#isProven = false;
  }
}
