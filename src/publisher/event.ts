import { type AnyTRPCRouter, isTrackedEnvelope } from "@trpc/server";
import { InvalidDataError, PayloadTooLargeError } from "../errors.ts";
import { utf8Bytes } from "../protocol/keyText.ts";
import { MAX_MESSAGE_BYTES } from "../protocol/limits.ts";
import { ENVELOPE_BYTES, type EventText, eventText } from "../protocol/serverMessage.ts";

/**
 * Serialises published data once for all its subscribers, and refuses what API Gateway would not deliver.
 *
 * @throws {@link InvalidDataError} when the data cannot be serialised
 * @throws {@link PayloadTooLargeError} when the frame would exceed 128 KB
 */
export function serializeEvent(router: AnyTRPCRouter, path: string, data: unknown): EventText {
  const text = eventTextOf(router, path, data);
  const bytes = utf8Bytes(text.member) + ENVELOPE_BYTES;
  if (bytes > MAX_MESSAGE_BYTES) throw new PayloadTooLargeError(path, bytes, MAX_MESSAGE_BYTES);
  return text;
}

/** As {@link serializeEvent}, of any size. */
export function eventTextOf(router: AnyTRPCRouter, path: string, data: unknown): EventText {
  const serialize = (value: unknown): unknown =>
    router._def._config.transformer.output.serialize(value);
  try {
    const tracked = trackedParts(data);
    return tracked === undefined
      ? eventText(serialize(data))
      : eventText(serialize(tracked), tracked.id);
  } catch (error) {
    const at = { path, place: placeOfUnserializable(data) };
    throw new InvalidDataError(at, `cannot be serialised: ${String(error)}`, { cause: error });
  }
}

/**
 * Id and data of a `tracked()` value. tRPC marks one with a symbol of its module, so a value made by the other build of
 * `@trpc/server` (CJS beside ESM) is only known by its shape; sent as it is, clients would get `["id",…,null]`.
 */
function trackedParts(value: unknown): { readonly id: string; readonly data: unknown } | undefined {
  const isTracked =
    isTrackedEnvelope(value) ||
    (Array.isArray(value) &&
      value.length === 3 &&
      typeof value[0] === "string" &&
      typeof value[2] === "symbol");
  if (!isTracked) return undefined;
  const [id, data]: readonly unknown[] = value;
  return { id: String(id), data };
}

/** Where the first `bigint`, circle or throwing getter is, for the message alone. */
function placeOfUnserializable(data: unknown): string {
  const queue: {
    readonly value: unknown;
    readonly place: string;
    readonly inside: readonly unknown[];
  }[] = [{ value: data, place: "data", inside: [] }];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { value, place, inside } = next;
    if (typeof value === "bigint" || inside.includes(value)) return place;
    if (typeof value !== "object" || value === null) continue;
    for (const key of Object.keys(value)) {
      const childPlace = `${place}.${key}`;
      try {
        const child: unknown = Reflect.get(value, key);
        queue.push({ value: child, place: childPlace, inside: [...inside, value] });
      } catch {
        return childPlace;
      }
    }
  }
  return "data";
}
