import { checksummed } from "./address.js";
import { ask, type Transport } from "./request.js";
import type { components } from "./schema.js";

type Schemas = components["schemas"];

/** A wallet, as EIP-1193 has it: what `window.ethereum` is, or what an EIP-6963 announcement carries. */
export interface Provider {
  request(request: { method: string; params?: unknown[] }): Promise<unknown>;
}

/** Who is signed in, and until when. */
export type Session = Schemas["Session"];

export interface SignInOptions {
  /** Which of the wallet's accounts; the first that it offers unless told. */
  account?: string;
  /** What the wallet shows as the reason. One line. */
  statement?: string;
  /** Where the visitor is: the page's own address unless told; outside pages, that of the API. */
  uri?: string;
  signal?: AbortSignal;
}

/** Signs in: asks the API what to sign, the wallet to sign it, and the API to accept it. */
export async function signIn(transport: Transport, provider: Provider, options: SignInOptions): Promise<Session> {
  const account = options.account ?? (await offered(provider));
  const asked = options.signal ? { signal: options.signal } : {};
  const nonce = await answered<Schemas["NonceAnswer"]>(ask(transport, "POST", "/v1/auth/nonce", asked));
  const message = messageOf(nonce, checksummed(account), options.uri ?? whereWeAre(transport), options.statement);
  const signature = await provider.request({ method: "personal_sign", params: [hexOf(message), account] });
  if (typeof signature !== "string") throw new TypeError("the wallet gave no signature");
  const body = { message, signature } satisfies Schemas["Signed"];
  return answered<Schemas["SessionAnswer"]>(ask(transport, "POST", "/v1/auth/verify", { ...asked, body }));
}

async function answered<T extends { data: unknown }>(response: Promise<Response>): Promise<T["data"]> {
  return ((await (await response).json()) as T).data;
}

async function offered(provider: Provider): Promise<string> {
  const accounts = await provider.request({ method: "eth_requestAccounts" });
  const account: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
  if (typeof account !== "string") throw new TypeError("the wallet offers no account");
  return account;
}

function whereWeAre(transport: Transport): string {
  const page = (globalThis as { location?: Location }).location;
  return page?.origin && page.origin !== "null" ? page.origin : new URL(transport.baseUrl).origin;
}

/** The message, as EIP-4361 has it. Wallets compare its domain with the page's. */
function messageOf(nonce: Schemas["Nonce"], account: string, uri: string, statement?: string): string {
  const lines = [
    `${new URL(uri).host} wants you to sign in with your Ethereum account:`,
    account,
    "",
    ...(statement === undefined ? [] : [statement]),
    "",
    `URI: ${uri}`,
    "Version: 1",
    `Chain ID: ${nonce.chainId}`,
    `Nonce: ${nonce.nonce}`,
    // No Expiration Time: the session would end with it.
    `Issued At: ${new Date().toISOString()}`,
  ];
  return lines.join("\n");
}

function hexOf(text: string): string {
  return `0x${[...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
