/**
 * A subscription ended and asked for again.
 *
 * @param request that asks for it
 * @param ending what the request that ends it says instead
 */
export function renewal(request: string, ending: Readonly<Record<string, unknown>>): readonly string[] {
  return [JSON.stringify({ ...(JSON.parse(request) as object), ...ending }), request];
}
