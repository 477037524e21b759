import type { Envelope } from "../../protocol/broadcast.ts";

/** What a message is; `undefined` for one that no publisher of ours has sent. */
export function readEnvelope(body: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const isOurs =
      typeof value === "object" && value !== null && "m" in value && typeof value.m === "string";
    return isOurs ? (value as Envelope) : undefined;
  } catch {
    return undefined;
  }
}
