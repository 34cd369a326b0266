// Seals, opens, splits and combines with npm's hpke (over @panva/hpke-noble) and shamir-secret-sharing. Tasks and
// answers are JSON lists; bytes are hexadecimal, and an answer is {"ok": …} or {"error": text}.
import { readFileSync } from "node:fs";

import { CipherSuite } from "hpke";
import {
  AEAD_AES_256_GCM,
  KDF_HKDF_SHA256,
  KEM_DHKEM_X25519_HKDF_SHA256,
  KEM_MLKEM768_X25519,
} from "@panva/hpke-noble";
import { combine, split } from "shamir-secret-sharing";

const SUITES = {
  1: new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM),
  2: new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM),
};

const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (array) => Buffer.from(array).toString("hex");
// Here the index stands before the bytes, there behind them.
const theirs = (share) => bytes(share.slice(2) + share.slice(0, 2));
const ours = (share) => hex(share.slice(-1)) + hex(share.slice(0, -1));

const OPERATIONS = {
  async seal({ suite, publicKey, info, payload }) {
    const key = await SUITES[suite].DeserializePublicKey(bytes(publicKey));
    const { encapsulatedSecret, ciphertext } = await SUITES[suite].Seal(key, bytes(payload), { info: bytes(info) });
    return { ok: hex(encapsulatedSecret) + hex(ciphertext) };
  },
  async open({ suite, seed, info, sealed }) {
    const key = await SUITES[suite].DeserializePrivateKey(bytes(seed), true);
    const length = suite === 1 ? 1120 : 32;
    const all = bytes(sealed);
    const opened = await SUITES[suite].Open(key, all.slice(0, length), all.slice(length), { info: bytes(info) });
    return { ok: hex(opened) };
  },
  async split({ secret, threshold, count }) {
    return { ok: (await split(bytes(secret), count, threshold)).map(ours) };
  },
  async combine({ shares }) {
    return { ok: hex(await combine(shares.map(theirs))) };
  },
};

const tasks = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const task of tasks) {
  answers.push(await OPERATIONS[task.op](task).catch((error) => ({ error: String(error) })));
}
process.stdout.write(JSON.stringify(answers));
