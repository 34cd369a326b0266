// Compares what Slither found with script/slither-explained.json: `slither-check.js FOUND`. Each finding of medium impact or above
// needs a reason there, and each reason a finding.
"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const { success, error, results } = read(process.argv[2]);
if (!success) {
  console.error(`slither: ${error}`);
  process.exit(1);
}

/** Without places in files, which move. */
const describe = ({ check, description }) =>
  `${check}: ${description.replace(/ ?\([\w./@-]+\.sol#[\d-]+\)/gu, "").replace(/\s+/gu, " ").replace(/\s-(?= ?\w+\.)|- /gu, "").trim()}`;

const found = (results.detectors ?? []).filter(({ impact }) => ["Medium", "High"].includes(impact)).map(describe);
const explained = read(join(__dirname, "slither-explained.json"));
const unexplained = found.filter((finding) => !explained.some((entry) => entry.finding === finding && entry.reason));
const stale = explained.filter((entry) => !found.includes(entry.finding));
for (const finding of unexplained) console.error(`slither: not explained: ${finding}`);
for (const { finding } of stale) console.error(`slither: explained, but not found: ${finding}`);
if (unexplained.length + stale.length > 0) process.exit(1);
console.log(`Slither: ${found.length} findings of medium impact or above, each explained in script/slither-explained.json`);
