// Tries mutants, one after the other: compiles each in memory, and runs the tests that are compiled already on it.
"use strict";

const { spawn } = require("node:child_process");
const { createHash } = require("node:crypto");
const solc = require("solc");
const { apply } = require("./mutants.js");

// What is deployed: the tests take each one's creation code from the environment (test/Base.t.sol, test/unit/periphery/LensBase.sol).
const DEPLOYED = [
  { file: "contracts/Chartkey.sol", name: "Chartkey", variable: "CHARTKEY_CODE" },
  { file: "contracts/periphery/ChartkeyLens.sol", name: "ChartkeyLens", variable: "CHARTKEY_LENS_CODE" },
];

const SELECTION = Object.fromEntries(DEPLOYED.map(({ file, name }) => [file, { [name]: ["evm.bytecode.object"] }]));

/** The creation codes, as the environment wants them; undefined if it does not compile. */
function compile(input, sources) {
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        ...input,
        sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
        settings: { ...input.settings, outputSelection: SELECTION },
      }),
    ),
  );
  const codes = DEPLOYED.map(({ file, name }) => output.contracts?.[file]?.[name]?.evm.bytecode.object);
  if (!codes.every(Boolean)) return undefined;
  return Object.fromEntries(DEPLOYED.map(({ variable }, i) => [variable, `0x${codes[i]}`]));
}

/** Whether the tests pass on this code, and if not, which of them failed first. */
function test({ forge, args, env, timeout }, code) {
  return new Promise((resolve) => {
    const child = spawn(forge, args, {
      env: { ...process.env, ...env, ...code },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let late = false;
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    const clock = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeout);
    child.on("close", (status) => {
      clearTimeout(clock);
      const failed = /^\[FAIL.*?\] (\S+\(.*?\))/mu.exec(output)?.[1];
      resolve({ passed: status === 0 && !late, by: late ? "time limit" : failed, output });
    });
  });
}

/** What becomes of a mutant, with the hash of its code: two mutants of the same code are one. */
async function judge({ input, sources, suites, original }, mutant, known) {
  const text = Buffer.from(sources[mutant.file]);
  const code = compile(input, { ...sources, [mutant.file]: apply(text, mutant.edits).toString() });
  if (code === undefined) return { verdict: "stillborn" };
  if (JSON.stringify(code) === JSON.stringify(original)) return { verdict: "same code" };
  const hash = createHash("sha256").update(JSON.stringify(code)).digest("hex");
  if (!known.has(hash)) known.set(hash, await tryOut(suites, code));
  return { hash, ...known.get(hash) };
}

async function tryOut(suites, code) {
  for (const suite of suites) {
    const { passed, by, output } = await test(suite, code);
    if (passed) continue;
    // Not a test: forge itself failed, and nothing is known.
    if (by === undefined) return { verdict: "error", by: output.trim().split("\n").slice(-3).join(" ") };
    return { verdict: "killed", by };
  }
  return { verdict: "survived" };
}

if (require.main === module) {
  const known = new Map();
  let job;
  process.on("message", async (message) => {
    if (message.job) job = message.job;
    else process.send({ index: message.index, ...(await judge(job, message.mutant, known)) });
  });
  process.on("disconnect", () => process.exit());
}

module.exports = { compile, test };
