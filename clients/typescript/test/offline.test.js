// What needs no server: parsing, waiting, retrying, checksums.
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { checksummed } from "../dist/address.js";
import { ChartkeyProblem, createChartkeyClient } from "../dist/index.js";
import { valuesOf } from "../dist/ndjson.js";
import { saidBy } from "../dist/sse.js";

const encoder = new TextEncoder();

/** A body that arrives in these parts. */
function bodyOf(...parts) {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(typeof part === "string" ? encoder.encode(part) : part);
      controller.close();
    },
  });
}

async function all(values) {
  const collected = [];
  for await (const value of values) collected.push(value);
  return collected;
}

/** A client whose server is `answer`, and what it was asked. */
function served(answer, options = {}) {
  const asked = [];
  const fetch = async (request) => {
    asked.push(request);
    return answer(request, asked.length);
  };
  return { client: createChartkeyClient({ baseUrl: "http://api.example/", fetch, ...options }), asked };
}

const json = (value, init) => new Response(JSON.stringify(value), init);

describe("addresses", () => {
  it("get the checksums of EIP-55's own examples", () => {
    for (const address of [
      "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
      "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
      "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
      "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ]) {
      assert.equal(checksummed(address.toLowerCase()), address);
    }
    assert.throws(() => checksummed("0x12"), /not an address/);
  });
});

describe("ndjson", () => {
  it("joins what arrives in parts, in the middle of a character too", async () => {
    const [before, after] = [encoder.encode('{"a":"é"}\n').slice(0, 7), encoder.encode('{"a":"é"}\n').slice(7)];
    assert.deepEqual(await all(valuesOf(bodyOf(before, after, '{"b"', ":2}\n"))), [{ a: "é" }, { b: 2 }]);
  });

  it("does not take a part for the whole", async () => {
    await assert.rejects(all(valuesOf(bodyOf('{"a":1}\n{"b":'))), /cut in the middle/);
  });
});

describe("server-sent events", () => {
  it("are read as the standard says", async () => {
    const text = ': hello\nretry: 250\n\nid: 7\nevent: event\ndata: {"a":\ndata: 1}\n\ndata:x\r\n\r\nid: 8\n\nid: 9\ndata: lost';
    assert.deepEqual(await all(saidBy(bodyOf(text))), [
      "alive",
      { retry: 250 },
      { at: undefined },
      { event: { event: "event", data: '{"a":\n1}', id: "7" } },
      { event: { event: "message", data: "x", id: "7" } },
      { at: "8" },
    ]);
  });
});

describe("requests", () => {
  it("fill in the path and the query", async () => {
    const { client, asked } = served(() => json({ data: [] }), { token: "secret" });
    const question = { path: { patient: "0x/?" }, query: { at: "2026-01-01T00:00:00+01:00", limit: undefined } };
    await client.get("/v1/patients/{patient}/records", question);
    assert.equal(asked[0].url, "http://api.example/v1/patients/0x%2F%3F/records?at=2026-01-01T00%3A00%3A00%2B01%3A00");
    assert.equal(asked[0].headers.get("authorization"), "Bearer secret");
    await assert.rejects(client.get("/v1/patients/{patient}", { path: {} }), /needs a patient/);
  });

  it("follow cursors to the end", async () => {
    const { client, asked } = served((_, n) => json({ data: [n], page: { next: n < 3 ? `c${n}` : null } }));
    assert.deepEqual(await all(client.rows("/v1/events", { query: { limit: 1 } })), [1, 2, 3]);
    assert.deepEqual(asked.map(({ url }) => new URL(url).searchParams.get("cursor")), [null, "c1", "c2"]);
  });

  it("tell a problem as one", async () => {
    const problem = { type: "urn:chartkey:problem:not-yours", title: "Not yours to see", status: 403, detail: "no", requestId: "r" };
    const { client } = served(() => json(problem, { status: 403 }));
    await assert.rejects(client.get("/status"), (error) => {
      assert.ok(error instanceof ChartkeyProblem && error instanceof Error);
      assert.deepEqual([error.type, error.status, error.requestId, error.message], [problem.type, 403, "r", "no"]);
      return true;
    });
  });

  it("tell what something before the API answered as a problem too", async () => {
    const { client } = served(() => new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
    await assert.rejects(client.get("/status"), { name: "ChartkeyProblem", status: 502, type: "about:blank" });
  });
});

describe("a busy API", () => {
  const busy = (status, seconds) => new Response("{}", { status, headers: { "retry-after": String(seconds) } });

  it("is asked once more, after the time it names", async () => {
    const { client, asked } = served((_, n) => (n === 1 ? busy(429, 0) : json({ data: 1 })));
    assert.deepEqual(await client.get("/status"), { data: 1 });
    assert.equal(asked.length, 2);
  });

  it("is not asked a third time", async () => {
    const { client, asked } = served(() => busy(503, 0));
    await assert.rejects(client.get("/status"), { status: 503, retryAfter: 0 });
    assert.equal(asked.length, 2);
  });

  it("is not waited for longer than wanted, and not after an abort", async () => {
    const { client, asked } = served(() => busy(429, 30), { longestWait: 5 });
    await assert.rejects(client.get("/status"), { status: 429, retryAfter: 30 });
    assert.equal(asked.length, 1);
    const patient = served(() => busy(429, 30));
    const stop = new AbortController();
    const answer = patient.client.get("/status", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await assert.rejects(answer, { message: "enough" });
  });

  it("is not sent twice what changes something, unless it refused it", async () => {
    const { client, asked } = served((_, n) => (n === 1 ? busy(503, 0) : json({})));
    await assert.rejects(client.post("/v1/auth/logout"), { status: 503 });
    assert.equal(asked.length, 1);
  });
});

describe("a stream", () => {
  const event = (id) => `id: ${id}\nevent: event\ndata: {"n":${id}}\n\n`;

  it("goes on where it was cut", async () => {
    const bodies = [bodyOf("retry: 1\n\n", event(1), "id: 2\ndata: {"), bodyOf(event(2), event(3))];
    const { client, asked } = served((_, n) => (bodies[n - 1] ? new Response(bodies[n - 1]) : new Response("{}", { status: 401 })));
    const seen = [];
    const watch = async () => {
      for await (const { id, data } of client.stream({ lastEventId: "0" })) seen.push([id, data.n]);
    };
    await assert.rejects(watch(), { status: 401 });
    assert.deepEqual(seen, [["1", 1], ["2", 2], ["3", 3]]);
    assert.deepEqual(asked.map(({ headers }) => headers.get("last-event-id")), ["0", "1", "3"]);
  });

  it("comes back after silence, and stops when told", async () => {
    const stop = new AbortController();
    const silent = (request) => {
      request.signal.throwIfAborted();
      return new Response(new ReadableStream({ start: (c) => request.signal.addEventListener("abort", () => c.error(request.signal.reason)) }));
    };
    const { client, asked } = served((request, n) => {
      if (n === 2) stop.abort(new Error("enough"));
      return silent(request);
    });
    const lost = [];
    const watch = all(client.stream({ silence: 5, signal: stop.signal, onLost: (cause) => lost.push(cause.message) }));
    await assert.rejects(watch, { message: "enough" });
    assert.deepEqual([asked.length, lost], [2, ["nothing was heard for 5 ms"]]);
  });
});
