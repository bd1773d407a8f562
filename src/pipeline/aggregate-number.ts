/** The number of `a<number>` where that text is the only one for it; undefined for other texts. */
export function aggregateNumber(text: string): number | undefined {
  const length = text.length;
  if (length < 2 || length > 16 || text.charCodeAt(0) !== 0x61) return undefined;
  if (length > 2 && text.charCodeAt(1) === 0x30) return undefined;
  let value = 0;
  for (let index = 1; index < length; index += 1) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}
