/** The lines of a body, ended by LF or CR LF; and what is left after the last of them, as one that is not ended. */
export async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<{ line: string; ended: boolean }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield { line: line.endsWith("\r") ? line.slice(0, -1) : line, ended: true };
      if (done) break;
    }
    if (rest !== "") yield { line: rest, ended: false };
  } finally {
    // Whoever stops in the middle frees the connection.
    await reader.cancel().catch(() => {});
  }
}
