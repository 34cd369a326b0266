// Against a real API on a real chain, which indexer/tests/e2e/description/client.rs starts and names in the environment.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { ChartkeyProblem, createChartkeyClient } from "../dist/index.js";

const { CHARTKEY_API, CHARTKEY_RPC, CHARTKEY_CONTRACT, CHARTKEY_PATIENT, CHARTKEY_AUDITOR, CHARTKEY_STRANGER, CHARTKEY_CID } = process.env;
const skip = CHARTKEY_API === undefined && "no API to ask: run `cargo test -p chartkey-indexer --test e2e description`";
const path = { patient: CHARTKEY_PATIENT };
/** Selector of `publishKey(bytes)`. */
const PUBLISH_KEY = "510f6b87";

async function rpc(method, params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(CHARTKEY_RPC, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = await response.json();
  if (error) throw new Error(error.message);
  return result;
}

/** Has an account publish a new key: `publishKey(bytes)`, with 32 bytes that all are `byte`. */
function publishKey(from, byte) {
  const word = (number) => number.toString(16).padStart(64, "0");
  const data = `0x${PUBLISH_KEY}${word(32)}${word(32)}${byte.toString(16).padStart(2, "0").repeat(32)}`;
  return rpc("eth_sendTransaction", [{ from, to: CHARTKEY_CONTRACT, data }]);
}

/** A wallet with one account of the chain, which signs for it. */
function walletOf(account) {
  return {
    request: async ({ method, params = [] }) => (method === "eth_requestAccounts" ? [account.toLowerCase()] : rpc(method, params)),
  };
}

const connect = (options) => createChartkeyClient({ baseUrl: CHARTKEY_API, ...options });

async function signedIn(account) {
  const client = connect();
  await client.signIn(walletOf(account), { statement: "Read my chart." });
  return client;
}

async function all(values) {
  const collected = [];
  for await (const value of values) collected.push(value);
  return collected;
}

const problem = (status) => (error) => error instanceof ChartkeyProblem && error.status === status && error.requestId !== undefined;

describe("signing in", { skip }, () => {
  it("makes the patient's chart readable, until signing out", async () => {
    const client = connect();
    await assert.rejects(client.get("/v1/patients/{patient}", { path }), problem(401));
    const session = await client.signIn(walletOf(CHARTKEY_PATIENT));
    assert.equal(session.account, CHARTKEY_PATIENT);
    assert.equal(client.token, session.token);
    const chart = await client.get("/v1/patients/{patient}", { path });
    assert.equal(chart.data.address, CHARTKEY_PATIENT);
    assert.equal((await client.get("/v1/auth/me")).data.account, CHARTKEY_PATIENT);
    // The same session, taken up elsewhere.
    const elsewhere = connect({ token: client.token });
    assert.equal((await elsewhere.get("/v1/auth/me")).data.roles.patient, true);
    await client.signOut();
    assert.equal(client.token, undefined);
    await assert.rejects(elsewhere.get("/v1/auth/me"), problem(401));
  });

  it("shows nobody else's chart", async () => {
    const client = await signedIn(CHARTKEY_STRANGER);
    await assert.rejects(client.get("/v1/patients/{patient}", { path }), problem(403));
    await assert.rejects(client.get("/v1/patients/{patient}", { path: { patient: CHARTKEY_STRANGER } }), (error) => error.status >= 403);
  });

  it("fails with the wallet's own words", async () => {
    const refusing = { request: async () => Promise.reject(new Error("User rejected the request.")) };
    await assert.rejects(connect().signIn(refusing), { message: "User rejected the request." });
    const deceitful = walletOf(CHARTKEY_STRANGER);
    await assert.rejects(connect().signIn(deceitful, { account: CHARTKEY_PATIENT, uri: "http://evil.example" }), problem(401));
  });
});

describe("reading", { skip }, () => {
  let auditor;
  before(async () => {
    auditor = await signedIn(CHARTKEY_AUDITOR);
  });

  it("goes over all pages", async () => {
    const whole = await auditor.get("/v1/patients/{patient}/viewers", { path });
    const rows = await all(auditor.rows("/v1/patients/{patient}/viewers", { path, query: { limit: 1 } }));
    assert.ok(rows.length > 2);
    assert.deepEqual(rows, whole.data);
    const pages = await all(auditor.pages("/v1/patients/{patient}/records", { path, query: { limit: 2 } }));
    assert.ok(pages.length > 1 && pages.every((page) => page.asOf.blockNumber === whole.asOf.blockNumber));
  });

  it("streams whole histories", async () => {
    const events = await all(auditor.ndjson("/v1/events"));
    const paged = await all(auditor.rows("/v1/events", { query: { limit: 7 } }));
    assert.ok(events.length > 20);
    assert.deepEqual(events, paged);
    const trail = await all(auditor.ndjson("/v1/patients/{patient}/trail", { path }));
    assert.ok(trail.length > 5 && trail.every((link) => link.topics.length === 4));
  });

  it("stops in the middle, when it is told or has enough", async () => {
    for await (const event of auditor.ndjson("/v1/events")) {
      assert.equal(typeof event.kind, "string");
      break;
    }
    const stop = new AbortController();
    const reading = all(auditor.rows("/v1/events", { query: { limit: 1 }, signal: stop.signal }));
    stop.abort(new Error("enough"));
    await assert.rejects(reading, { message: "enough" });
  });

  it("is told what is wrong", async () => {
    const query = { since: "yesterday" };
    await assert.rejects(auditor.get("/v1/patients/{patient}/records", { path, query }), (error) => {
      assert.equal(error.type, "urn:chartkey:problem:bad-request");
      assert.match(error.message, /RFC 3339/);
      return problem(400)(error);
    });
    await assert.rejects(auditor.get("/v1/records/{cid}", { path: { cid: "xray.png" } }), problem(400));
    const record = await auditor.get("/v1/records/{cid}", { path: { cid: CHARTKEY_CID } });
    assert.deepEqual(record.data.charts, [CHARTKEY_PATIENT]);
  });
});

describe("listening", { skip }, () => {
  it("tells what happens, and goes on where it was left", async () => {
    const patient = await signedIn(CHARTKEY_PATIENT);
    const { asOf } = await patient.get("/v1/patients/{patient}", { path });
    const since = { fromBlock: asOf.blockNumber + 1 };
    await publishKey(CHARTKEY_PATIENT, 0x11);
    let last;
    for await (const happened of patient.stream({ query: since })) {
      assert.deepEqual([happened.event, happened.data.subject], ["KeyPublished", CHARTKEY_PATIENT]);
      last = happened.id;
      break;
    }
    await publishKey(CHARTKEY_PATIENT, 0x22);
    for await (const happened of patient.stream({ lastEventId: last })) {
      assert.match(happened.data.data, /(22){32}$/);
      break;
    }
  });

  it("is for those who are signed in, and says so instead of trying again", async () => {
    await assert.rejects(all(connect().stream()), problem(401));
  });

  it("stops when it is told", async () => {
    const patient = await signedIn(CHARTKEY_PATIENT);
    const stop = new AbortController();
    const listening = all(patient.stream({ signal: stop.signal }));
    stop.abort(new Error("enough"));
    await assert.rejects(listening, { message: "enough" });
  });
});
