/** The seam through which all randomness enters K2: the same seed gives the same run. */
export interface Random {
  /** In [0, 1), with 32 random bits. */
  next(): number;
  /** A whole number in [0, `exclusiveMax`). */
  int(exclusiveMax: number): number;
}

/** sfc32 by Chris Doty-Humphrey (PractRand): small, fast, and passes its suite. Not for secrets. */
export function seededRandom(seed: number): Random {
  let [a, b, c, counter] = [0x9e3779b9 | 0, 0x243f6a88 | 0, seed | 0, 1];
  const nextUint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round += 1) nextUint32(); // Mixes the seed into all of the state.
  return {
    next: () => nextUint32() / 4_294_967_296,
    int: (exclusiveMax) => Math.floor((nextUint32() / 4_294_967_296) * exclusiveMax),
  };
}

/** For the places where only unpredictability between machines matters, such as retry jitter. */
export const systemRandom: Random = {
  next: () => Math.random(),
  int: (exclusiveMax) => Math.floor(Math.random() * exclusiveMax),
};
