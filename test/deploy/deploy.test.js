// Runs script/deploy against anvil, with and without the CREATE2 factory. `node --test test/deploy/deploy.test.js`, after `make build`.
"use strict";

const assert = require("node:assert/strict");
const { spawn, spawnSync } = require("node:child_process");
const { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { after, before, describe, it } = require("node:test");

const root = join(__dirname, "..", "..");
// The first account that anvil unlocks, and its second.
const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const ADMIN = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const MULTISIG = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const FACTORY = "0x4e59b44847b379578588920cA78FbF26c0B4956C";

function anvilBinary() {
  const folder = join(root, "node_modules", "@foundry-rs");
  const names = readdirSync(folder).filter((name) => name.startsWith("anvil-"));
  const found = names.map((name) => join(folder, name, "bin", "anvil")).find((path) => existsSync(path));
  assert.ok(found, "anvil is not installed: run 'make setup'");
  return found;
}

/** A chain of its own, on a port that is free. */
function chain(chainId, ...options) {
  const child = spawn(anvilBinary(), ["--port", "0", "--chain-id", String(chainId), ...options]);
  return new Promise((resolve, reject) => {
    let output = "";
    child.once("exit", () => reject(new Error(`anvil ended: ${output}`)));
    child.stdout.on("data", (data) => {
      output += data;
      const port = /Listening on 127\.0\.0\.1:(\d+)/u.exec(output)?.[1];
      if (port) resolve({ url: `http://127.0.0.1:${port}`, stop: () => child.removeAllListeners("exit").kill() });
    });
  });
}

async function rpc(url, method, ...params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return (await response.json()).result;
}

function deploy(url, folder, { args = [], env = {} } = {}) {
  const settings = { RPC_URL: url, CHARTKEY_ADMIN: ADMIN, CHARTKEY_ADMIN_IS_EOA: "yes", ...env };
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("CHARTKEY_"));
  const child = spawnSync(join(root, "script", "deploy"), ["--deployments", folder, ...args, "--", "--private-key", KEY], {
    env: { ...Object.fromEntries(clean), ...settings },
    encoding: "utf8",
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

for (const [title, chainId, options, factory] of [
  ["with the CREATE2 factory", 900_001, [], true],
  ["without the CREATE2 factory", 900_002, ["--disable-default-create2-deployer"], false],
]) {
  describe(title, () => {
    let anvil;
    let folder;
    let file;

    before(async () => {
      anvil = await chain(chainId, ...options);
      folder = mkdtempSync(join(tmpdir(), "chartkey-deployments-"));
      file = join(folder, `${chainId}.json`);
      // So that the deployment is not at the chain's beginning.
      await rpc(anvil.url, "anvil_mine", "0x5");
    });
    after(() => {
      anvil?.stop();
      if (folder) rmSync(folder, { recursive: true });
    });

    it("sends and writes nothing in a dry run", async () => {
      const head = await rpc(anvil.url, "eth_blockNumber");
      const { code, out } = deploy(anvil.url, folder, { args: ["--dry-run"] });
      assert.equal(code, 0);
      assert.match(out, new RegExp(`chain +${chainId}\n`, "u"));
      assert.match(out, factory ? /by the CREATE2 factory/u : /by the deployer's nonce/u);
      assert.match(out, new RegExp(`admin +${ADMIN}, one key's account`, "u"));
      assert.match(out, /admin delay +432000 seconds/u);
      assert.match(out, /Chartkey .*to be deployed, \d+ bytes of at most 24576/u);
      assert.match(out, /gas +about \d+/u);
      assert.match(out, /nothing was sent, nothing was written\n$/u);
      assert.equal(await rpc(anvil.url, "eth_blockNumber"), head);
      assert.deepEqual(readdirSync(folder), []);
    });

    it("takes a contract as admin without further words", async () => {
      await rpc(anvil.url, "anvil_setCode", MULTISIG, "0x00");
      const env = { CHARTKEY_ADMIN: MULTISIG, CHARTKEY_ADMIN_IS_EOA: "" };
      const { code, out } = deploy(anvil.url, folder, { args: ["--dry-run"], env });
      assert.equal(code, 0);
      assert.match(out, new RegExp(`admin +${MULTISIG}, an account with code`, "u"));
    });

    it("does not take other code for the factory", async () => {
      const code = await rpc(anvil.url, "eth_getCode", FACTORY, "latest");
      await rpc(anvil.url, "anvil_setCode", FACTORY, "0x00");
      const { out } = deploy(anvil.url, folder, { args: ["--dry-run"] });
      assert.match(out, /by the deployer's nonce/u);
      await rpc(anvil.url, "anvil_setCode", FACTORY, code);
    });

    it("refuses bad settings, and says which", () => {
      for (const [env, text] of [
        [{ CHARTKEY_ADMIN: "" }, "CHARTKEY_ADMIN is not set"],
        [{ CHARTKEY_ADMIN_IS_EOA: "" }, `CHARTKEY_ADMIN ${ADMIN} is no contract on chain ${chainId}`],
        [{ CHARTKEY_ADMIN_DELAY: "5 days" }, "CHARTKEY_ADMIN_DELAY is not a number of seconds"],
        [{ RPC_URL: "" }, "RPC_URL is not set"],
        [{ RPC_URL: "http://127.0.0.1:1/secret" }, "the node at RPC_URL does not answer"],
      ]) {
        const { code, err } = deploy(anvil.url, folder, { env });
        assert.equal(code, 1, text);
        assert.ok(err.includes(text), err);
        assert.ok(!err.includes("secret"), err);
      }
      const { code, err } = deploy(anvil.url, folder, { args: ["--broadcast"] });
      assert.equal(code, 1);
      assert.match(err, /--broadcast is no option of mine/u);
      assert.deepEqual(readdirSync(folder), []);
    });

    it("deploys, and writes the block that holds the contract", async () => {
      const { code, out, err } = deploy(anvil.url, folder);
      assert.equal(code, 0, err);
      assert.match(out, new RegExp(`deployed by ${DEPLOYER}, who has no role`, "iu"));
      const { contract, block, forwarder, lens, salt, ...rest } = JSON.parse(readFileSync(file, "utf8"));
      assert.deepEqual(rest, { chainId, admin: ADMIN, adminDelay: 432_000 });
      assert.equal(salt !== undefined, factory);
      for (const address of [contract, forwarder, lens]) {
        assert.match(address, /^0x[0-9a-fA-F]{40}$/u);
        assert.notEqual(await rpc(anvil.url, "eth_getCode", address, "latest"), "0x");
      }
      const hex = (number) => `0x${number.toString(16)}`;
      assert.notEqual(await rpc(anvil.url, "eth_getCode", contract, hex(block)), "0x");
      assert.equal(await rpc(anvil.url, "eth_getCode", contract, hex(block - 1)), "0x");
    });

    it("sends nothing the second time, and puts the block right", async () => {
      const head = await rpc(anvil.url, "eth_blockNumber");
      const kept = readFileSync(file, "utf8");
      writeFileSync(file, kept.replace(/"block": \d+/u, '"block": 1'));
      const { code, out } = deploy(anvil.url, folder);
      assert.equal(code, 0);
      assert.match(out, /already deployed/u);
      assert.equal(await rpc(anvil.url, "eth_blockNumber"), head);
      assert.equal(readFileSync(file, "utf8"), kept);
    });

    if (factory) {
      it("writes a lost file again", () => {
        const lost = readFileSync(file, "utf8");
        rmSync(file);
        assert.equal(deploy(anvil.url, folder).code, 0);
        assert.equal(readFileSync(file, "utf8"), lost);
      });
    }

    it("does not put another contract into a file that names one", () => {
      const kept = readFileSync(file, "utf8");
      const { code, err } = deploy(anvil.url, folder, { env: { CHARTKEY_ADMIN_DELAY: "86400" } });
      assert.equal(code, 1);
      assert.match(err, /to deploy another, move the file away first/u);
      assert.equal(readFileSync(file, "utf8"), kept);
    });

    it("refuses a file that is no deployment", () => {
      const kept = readFileSync(file, "utf8");
      for (const text of ["{", "null", '{"chainId": 1}']) {
        writeFileSync(file, text);
        const { code, err } = deploy(anvil.url, folder);
        assert.equal(code, 1);
        assert.match(err, /is no deployment file: move it away first/u);
        assert.equal(readFileSync(file, "utf8"), text);
      }
      writeFileSync(file, kept);
    });
  });
}
