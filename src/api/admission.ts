import { isIPv4 } from "node:net";

/** Whether a name or address, without port, always means the machine itself. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  // "127.0.0.1.example.com" is a foreign name: only a whole address counts.
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}

/** The name in a Host header, without its port; undefined when there is none, or it is not one. */
export function hostName(header: string | undefined): string | undefined {
  return header === undefined || header === "" || !URL.canParse(`http://${header}`)
    ? undefined
    : new URL(`http://${header}`).hostname;
}

/**
 * Whether a page may open a WebSocket here. Browsers let any page try, and name the page's origin: only our own may,
 * so that no other site reads a local K2. Programs send no origin.
 */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
