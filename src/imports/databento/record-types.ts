/**
 * Kinds of DBN records, by the number in their header.
 *
 * @see https://databento.com/docs/standards-and-conventions/common-fields-enums-types#rtype
 */
export const RECORD_TYPES = {
  trade: 0x00,
  mbp1: 0x01,
  mbp10: 0x0a,
  ohlcvUnspecified: 0x11,
  status: 0x12,
  definition: 0x13,
  imbalance: 0x14,
  error: 0x15,
  symbolMapping: 0x16,
  system: 0x17,
  statistics: 0x18,
  ohlcv1s: 0x20,
  ohlcv1m: 0x21,
  ohlcv1h: 0x22,
  ohlcv1d: 0x23,
  ohlcvEndOfDay: 0x24,
  mbo: 0xa0,
  cmbp1: 0xb1,
  cbbo1s: 0xc0,
  cbbo1m: 0xc1,
  tcbbo: 0xc2,
  bbo1s: 0xc3,
  bbo1m: 0xc4,
} as const;
export type RecordType = keyof typeof RECORD_TYPES;

const NAMES = new Map<number, RecordType>(
  (Object.keys(RECORD_TYPES) as RecordType[]).map((name) => [RECORD_TYPES[name], name]),
);

/** Bytes of those whose fields K2 reads, in versions 1, 2 and 3 of DBN; a send time at the end adds 8. */
const BYTES: Partial<Record<RecordType, readonly [v1: number, v2: number, v3: number]>> = {
  trade: [48, 48, 48],
  mbp1: [80, 80, 80],
  mbp10: [368, 368, 368],
  ohlcvUnspecified: [56, 56, 56],
  ohlcv1s: [56, 56, 56],
  ohlcv1m: [56, 56, 56],
  ohlcv1h: [56, 56, 56],
  ohlcv1d: [56, 56, 56],
  ohlcvEndOfDay: [56, 56, 56],
  status: [40, 40, 40],
  definition: [360, 400, 520],
  error: [80, 320, 320],
  system: [80, 320, 320],
  symbolMapping: [80, 176, 176],
  mbo: [56, 56, 56],
};

/** @returns undefined for a kind that is newer than K2 */
export function recordTypeName(type: number): RecordType | undefined {
  return NAMES.get(type);
}

/** @returns undefined where K2 reads no field of the kind, so that any length is right */
export function recordBytes(type: number, version: number): number | undefined {
  const name = NAMES.get(type);
  return name === undefined ? undefined : BYTES[name]?.[version - 1];
}
