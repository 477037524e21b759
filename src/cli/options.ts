import { InvalidArgumentError } from "commander";
import type { RequestId } from "../protocol/requestId.ts";
import type { ApiReference } from "../store/types.ts";

/** One subscription as a person writes it. */
export interface SubscriptionReference {
  readonly connectionId: string;
  /** `1` for the number, `"1"` in quotes for the text; any other text stands for itself. */
  readonly id: RequestId;
}

/** Reads `--port`. */
export function portOption(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new InvalidArgumentError("A port is a number from 0 to 65535; 0 takes a free one.");
  }
  return port;
}

/** Reads `--endpoint`. */
export function endpointOption(text: string): string {
  if (/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : "")) return text;
  throw new InvalidArgumentError("Give the URL of a DynamoDB, for example http://127.0.0.1:8000");
}

/** Reads `--shards`. */
export function shardsOption(text: string): number {
  const shards = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (shards < 1) throw new InvalidArgumentError("The number of shards is 1 or more.");
  return shards;
}

/** Reads `--filter`: JSON, in which `{"$bigint":"12"}` stands for a bigint. */
export function filterOption(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) => bigintOf(value) ?? value);
  } catch (error) {
    const problem = error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : "";
    throw new InvalidArgumentError(
      `It is not JSON (${problem}). Write it in single quotes: '{"name":"byRoom","input":{"room":"red"}}'`,
    );
  }
}

function bigintOf(value: unknown): bigint | undefined {
  if (typeof value !== "object" || value === null || !("$bigint" in value)) return undefined;
  return BigInt(String(value.$bigint));
}

/** Reads `--subscription <connectionId>/<id>`. */
export function subscriptionOption(text: string): SubscriptionReference {
  const at = text.indexOf("/");
  const [connectionId, id] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || id === "") {
    throw new InvalidArgumentError(
      "Write it as <connectionId>/<id>, for example L0SM9cOFvHcCIhw=/1",
    );
  }
  return { connectionId, id: requestIdOf(id) };
}

function requestIdOf(text: string): RequestId {
  if (/^-?\d+$/.test(text)) return Number(text);
  return /^".*"$/.test(text) ? text.slice(1, -1) : text;
}

/** Reads `--api <apiId>/<stage>`. */
export function apiOption(text: string): ApiReference {
  const [apiId, stage, ...more] = text.split("/");
  if (!apiId || !stage || more.length > 0) {
    throw new InvalidArgumentError("Write it as <apiId>/<stage>, for example a1b2c3d4e5/prod");
  }
  return { apiId, stage };
}
