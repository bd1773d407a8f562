import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "./rest-errors.ts";

/** The tokens that may be presented; without any, nobody is asked for one. */
export class BearerTokens {
  readonly #digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digest);
  }

  get isAsked(): boolean {
    return this.#digests.length > 0;
  }

  /** Takes the same time wherever a wrong token differs. */
  knows(token: string): boolean {
    const asked = digest(token);
    return this.#digests.reduce((isKnown, each) => timingSafeEqual(each, asked) || isKnown, false);
  }

  /**
   * Whether the request proves a token; false where none is asked for and none is shown.
   *
   * @throws {RequestError} 401
   */
  check(authorization: string | undefined): boolean {
    if (!this.isAsked) return false;
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token !== undefined && this.knows(token)) return true;
    const seen = authorization === undefined ? "no Authorization header" : "another one";
    throw new RequestError(
      401,
      "NotAuthorizedException",
      `This catalog asks for a bearer token and was shown ${seen}. Set the client's property "token" to one of lake.rest.tokens`,
    );
  }
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
