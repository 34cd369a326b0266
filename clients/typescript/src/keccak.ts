// keccak256 as Ethereum uses it, for checksums of addresses alone: short inputs, so it is written to be read.

const MASK = (1n << 64n) - 1n;
const RATE = 136;
/** Of a lane's place, from x + 5y. */
const ROTATIONS = [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

const rotated = (lane: bigint, by: number) => ((lane << BigInt(by)) | (lane >> BigInt(64 - by))) & MASK;

/** FIPS 202, 3.2.5: from a linear feedback shift register. */
const ROUNDS: bigint[] = [];
for (let round = 0, register = 1; round < 24; round++) {
  let constant = 0n;
  for (let bit = 0; bit < 7; bit++) {
    if (register & 1) constant |= 1n << BigInt(2 ** bit - 1);
    register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1;
  }
  ROUNDS.push(constant);
}

function permute(lanes: bigint[]): void {
  const at = (i: number) => lanes[i] as bigint;
  for (const constant of ROUNDS) {
    const columns = [0, 1, 2, 3, 4].map((x) => at(x) ^ at(x + 5) ^ at(x + 10) ^ at(x + 15) ^ at(x + 20));
    const column = (x: number) => columns[x % 5] as bigint;
    for (let i = 0; i < 25; i++) lanes[i] = at(i) ^ column(i + 4) ^ rotated(column(i + 1), 1);
    const moved: bigint[] = [];
    for (let x = 0; x < 5; x++) {
      for (let y = 0; y < 5; y++) moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotated(at(x + 5 * y), ROTATIONS[x + 5 * y] as number);
    }
    const lane = (x: number, y: number) => moved[(x % 5) + 5 * y] as bigint;
    for (let i = 0; i < 25; i++) {
      const [x, y] = [i % 5, Math.floor(i / 5)];
      lanes[i] = lane(x, y) ^ (~lane(x + 1, y) & MASK & lane(x + 2, y));
    }
    lanes[0] = at(0) ^ constant;
  }
}

/** keccak256 of at most 135 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= RATE) throw new RangeError("too long for one block");
  const block = new Uint8Array(RATE);
  block.set(bytes);
  block[bytes.length] = 1;
  block[RATE - 1] = (block[RATE - 1] as number) | 0x80;
  const view = new DataView(block.buffer);
  const lanes = Array.from({ length: 25 }, (_, i) => (8 * i < RATE ? view.getBigUint64(8 * i, true) : 0n));
  permute(lanes);
  const hash = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) hash.setBigUint64(8 * i, lanes[i] as bigint, true);
  return new Uint8Array(hash.buffer);
}
