import type { Clock, Logger } from "../../base/index.ts";
import { RestClient } from "./rest-client.ts";
import type { RestLimits } from "./rest-trades.ts";

/** One client an endpoint, so that all who ask a venue share its allowance and its refusals. */
export class RestClients {
  readonly #options: { readonly clock: Clock; readonly logger: Logger };
  readonly #clients = new Map<string, RestClient>();

  constructor(options: { readonly clock: Clock; readonly logger: Logger }) {
    this.#options = options;
  }

  of(endpoint: string, limits: RestLimits): RestClient {
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    const client = new RestClient({ ...this.#options, endpoint, limits });
    this.#clients.set(endpoint, client);
    return client;
  }
}
