import { keccak_256 } from "@noble/hashes/sha3.js";

/** An address with its EIP-55 checksum, from one in any case. */
export function checksummed(address: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) throw new TypeError(`'${address}' is not an address`);
  const digits = address.slice(2).toLowerCase();
  const hash = keccak_256(new TextEncoder().encode(digits));
  const upper = (i: number) => (((hash[i >> 1] as number) >> (i % 2 === 0 ? 4 : 0)) & 0xf) >= 8;
  return `0x${[...digits].map((digit, i) => (upper(i) ? digit.toUpperCase() : digit)).join("")}`;
}
