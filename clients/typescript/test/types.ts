// What compiles and what must not. `tsc` is the test: an unused @ts-expect-error is an error.
import { createChartkeyClient, type Schemas, type StreamEvent } from "../src/index.js";

const chartkey = createChartkeyClient({ baseUrl: "http://127.0.0.1:8080" });
const path = { patient: "0x976EA74026E726554dB657fA54763abd0C3a0aa9" };

export async function answers(): Promise<void> {
  const chart = await chartkey.get("/v1/patients/{patient}", { path });
  const records: number = chart.data.recordCount;
  const block: number = chart.asOf.blockNumber;
  const policy: { durationSeconds: number } | null = chart.data.emergencyPolicy;
  // @ts-expect-error it has no such field
  chart.data.diagnosis;

  const page = await chartkey.get("/v1/patients/{patient}/records", { path, query: { folder: 3, status: "current" } });
  const record: Schemas["Record"] | undefined = page.data[0];
  const next: string | null = page.page.next;
  for await (const viewer of chartkey.rows("/v1/patients/{patient}/viewers", { path })) {
    const expires: string | undefined = viewer.grant?.expiresAt;
    console.log(expires);
  }
  for await (const { data, asOf } of chartkey.pages("/v1/practitioners")) console.log(data[0]?.name, asOf.finalized);
  for await (const event of chartkey.ndjson("/v1/events", { query: { fromBlock: 1 } })) {
    const kind: Schemas["EventKind"] = event.kind;
    console.log(kind);
  }
  const health = await chartkey.get("/health");
  const nothing: undefined = await chartkey.post("/v1/auth/logout");
  console.log(records, block, policy, record, next, health.status, nothing);
}

export function told(happened: StreamEvent): string {
  if (happened.event === "reorg") return `from block ${happened.data.fromBlock} on`;
  return `${happened.data.kind} of ${happened.data.subject}`;
}

export function mistakes(signal: AbortSignal): unknown[] {
  return [
    // @ts-expect-error there is no such path
    chartkey.get("/v1/doctors"),
    // @ts-expect-error the path has a parameter
    chartkey.get("/v1/patients/{patient}"),
    // @ts-expect-error of another name
    chartkey.get("/v1/patients/{patient}", { path: { id: "0x" } }),
    // @ts-expect-error no such status
    chartkey.get("/v1/patients/{patient}/records", { path, query: { status: "lost" } }),
    // @ts-expect-error no such parameter
    chartkey.get("/v1/patients/{patient}/records", { path, query: { color: "red" } }),
    // @ts-expect-error a required parameter is missing
    chartkey.get("/v1/can-open", { query: { patient: "0x" } }),
    // @ts-expect-error not a list
    chartkey.rows("/v1/patients/{patient}", { path }),
    // @ts-expect-error not told as NDJSON
    chartkey.ndjson("/v1/practitioners"),
    // @ts-expect-error asked with POST
    chartkey.get("/v1/auth/verify"),
    // @ts-expect-error without what was signed
    chartkey.post("/v1/auth/verify"),
    chartkey.get("/status", { signal }),
  ];
}
