/**
 * One form for the many spellings of a location: `file:///a//b`, `file:/a/b` and `/a/b` are one file,
 * `s3a://`, `s3n://` and `s3://` one store.
 */
export function normalLocation(location: string): string {
  const [, scheme, rest = location] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(location) ?? [];
  const kind = scheme?.toLowerCase();
  if (kind === undefined || kind === "file") return squeezed(rest.replace(/^\/\/[^/]*(?=\/)/, ""));
  const store = kind === "s3a" || kind === "s3n" ? "s3" : kind;
  const [, authority = "", path = rest] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? [];
  return `${store}://${authority}${squeezed(path)}`;
}

function squeezed(path: string): string {
  return path.replace(/\/{2,}/g, "/");
}

/** Whether `location` is `folder` or lies below it; both in their normal form. */
export function isBelow(folder: string, location: string): boolean {
  const base = folder.replace(/\/+$/, "");
  return location === base || location.startsWith(`${base}/`);
}

export function baseName(location: string): string {
  return location.slice(location.lastIndexOf("/") + 1);
}
