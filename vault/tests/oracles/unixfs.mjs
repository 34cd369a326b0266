// Computes the CIDs of files with npm's ipfs-unixfs-importer, in the layout unixfs-v1-2025. Tasks are a JSON list of
// {"path": …}, answers a list of {"ok": cid}.
import { createReadStream, readFileSync } from "node:fs";

import { BlackHoleBlockstore } from "blockstore-core/black-hole";
import { importByteStream } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";

const OPTIONS = {
  cidVersion: 1,
  rawLeaves: true,
  reduceSingleLeafToSelf: true,
  chunker: fixedSize({ chunkSize: 1 << 20 }),
  layout: balanced({ maxChildrenPerNode: 1024 }),
};

const answers = [];
for (const { path } of JSON.parse(readFileSync(0, "utf8"))) {
  const { cid } = await importByteStream(createReadStream(path), new BlackHoleBlockstore(), OPTIONS);
  answers.push({ ok: cid.toString() });
}
console.log(JSON.stringify(answers));
