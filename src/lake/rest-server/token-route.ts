import { formatJson } from "../core/json.ts";
import type { BearerTokens } from "./bearer-tokens.ts";
import type { RestAnswer } from "./rest-answer.ts";

const EXPIRES_SECONDS = 3_600;

/**
 * The endpoint at which clients with a `credential` get their token: the secret is one of the tokens itself, so that a
 * client may be given either. Answers are those of OAuth 2 (RFC 6749, 5).
 */
export function tokenAnswer(body: unknown, tokens: BearerTokens): RestAnswer {
  const form = new URLSearchParams(typeof body === "string" ? body : "");
  if (!tokens.isAsked)
    return refusal(400, "invalid_request", "This catalog asks for no token: leave out the credential");
  const grant = form.get("grant_type");
  // A client that prolongs its token sends the token it has.
  const secret = grant === "client_credentials" ? form.get("client_secret") : form.get("subject_token");
  if (grant !== "client_credentials" && grant !== "urn:ietf:params:oauth:grant-type:token-exchange") {
    return refusal(400, "unsupported_grant_type", `The grant is ${grant ?? "missing"}; write client_credentials`);
  }
  if (secret === null || !tokens.knows(secret)) {
    return refusal(401, "invalid_client", "The secret is none of lake.rest.tokens");
  }
  const answer = {
    access_token: secret,
    token_type: "bearer",
    expires_in: EXPIRES_SECONDS,
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
  };
  return { status: 200, body: formatJson(answer), headers: { "cache-control": "no-store" } };
}

function refusal(status: number, error: string, description: string): RestAnswer {
  return { status, body: formatJson({ error, error_description: description }) };
}
