/** What to do about the failures that people meet, by Node's error code. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name does not resolve: check the URL and this machine's DNS",
  EAI_AGAIN: "name resolution gives no answer: check this machine's DNS and network",
  ECONNREFUSED: "nothing listens there: check the URL's port, or wait for the venue",
  ECONNRESET: "the connection was cut: a proxy or firewall may not allow it, or the venue restarts",
  ETIMEDOUT: "no answer: a firewall may drop the packets",
  EHOSTUNREACH: "there is no route to it: check this machine's network",
  ENETUNREACH: "there is no route to it: check this machine's network",
  CERT_HAS_EXPIRED: "its TLS certificate has expired: check this machine's clock, or wait for the venue",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its TLS certificate is self-signed: a proxy may stand between",
  SELF_SIGNED_CERT_IN_CHAIN: "its TLS certificate chain is not trusted: a proxy may stand between",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its TLS certificate cannot be verified: an intermediate is missing",
  ERR_TLS_CERT_ALTNAME_INVALID: "its TLS certificate is for another name: check the URL",
  EPROTO: "TLS failed: check that the URL is wss:// exactly where the port speaks TLS",
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: "a message was larger than payloadBytesMax allows",
};

/** One line: which host, what is wrong with it, Node's code. */
export function describeFailure(error: Error, url: string): string {
  const code = codeOf(error);
  const advice = code === undefined ? undefined : ADVICE[code];
  const said = error.message === "" ? error.name : error.message;
  return `${hostOf(url)}: ${advice === undefined ? said : `${advice} (${said})`}`;
}

/** Node tries every address of a name and then throws an AggregateError; its parts have the codes. */
function codeOf(error: Error): string | undefined {
  if ("code" in error && typeof error.code === "string") return error.code;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? codeOf(first) : undefined;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
