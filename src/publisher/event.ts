import { type AnyTRPCRouter, isTrackedEnvelope } from "@trpc/server";
import { InvalidDataError, PayloadTooLargeError } from "../errors.ts";
import { utf8Bytes } from "../protocol/keyText.ts";
import { MAX_MESSAGE_BYTES } from "../protocol/limits.ts";
import {
  ENVELOPE_BYTES,
  type EventText,
  eventText,
  keptEventText,
} from "../protocol/serverMessage.ts";

/**
 * Serialises published data once for all its subscribers, and refuses what API Gateway would not deliver.
 *
 * @throws {@link InvalidDataError} when the data cannot be serialised
 * @throws {@link PayloadTooLargeError} when the frame would exceed 128 KB
 */
export function serializeEvent(router: AnyTRPCRouter, path: string, data: unknown): EventText {
  return deliverable(path, eventTextOf(router, path, data));
}

function deliverable(path: string, event: EventText): EventText {
  const bytes = utf8Bytes(event.member) + ENVELOPE_BYTES;
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new PayloadTooLargeError(path, bytes, { maxBytes: MAX_MESSAGE_BYTES, by: "API Gateway" });
  }
  return event;
}

/** As {@link serializeEvent}, of any size. */
export function eventTextOf(router: AnyTRPCRouter, path: string, data: unknown): EventText {
  return serialized({ router, path, data }, (serialize) => {
    const tracked = trackedParts(data);
    return tracked === undefined
      ? eventText(serialize(data))
      : eventText(serialize(tracked), tracked.id);
  });
}

/**
 * Text of an event that is kept, with its id.
 *
 * @throws {@link InvalidDataError} when the data cannot be serialised
 * @throws {@link PayloadTooLargeError} when the frame would exceed 128 KB
 */
export function keptTextOf(
  router: AnyTRPCRouter,
  path: string,
  event: { readonly id: string; readonly data: unknown },
): string {
  const text = anyKeptTextOf(router, path, event);
  deliverable(path, keptEventText(text, event.id));
  return text;
}

/** As {@link keptTextOf}, of any size. */
export function anyKeptTextOf(
  router: AnyTRPCRouter,
  path: string,
  { id, data }: { readonly id: string; readonly data: unknown },
): string {
  return serialized({ router, path, data }, (serialize) => JSON.stringify(serialize({ id, data })));
}

/** What is serialised, and for whom. */
export interface Serialization {
  readonly router: AnyTRPCRouter;
  readonly path: string;
  readonly data: unknown;
}

/**
 * What `make` does with the router's serialiser.
 *
 * @throws {@link InvalidDataError} when the data cannot be serialised
 */
export function serialized<T>(
  { router, path, data }: Serialization,
  make: (serialize: (value: unknown) => unknown) => T,
): T {
  try {
    return make((value) => router._def._config.transformer.output.serialize(value));
  } catch (error) {
    const at = { path, place: placeOfUnserializable(data) };
    throw new InvalidDataError(at, `cannot be serialised: ${String(error)}`, { cause: error });
  }
}

/**
 * Id and data of a `tracked()` value. tRPC marks one with a symbol of its module, so a value made by the other build of
 * `@trpc/server` (CJS beside ESM) is only known by its shape; sent as it is, clients would get `["id",…,null]`.
 */
export function trackedParts(
  value: unknown,
): { readonly id: string; readonly data: unknown } | undefined {
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

/** Values that are looked at to find the place: it is only for the message, and data may be of any size. */
const MAX_VALUES = 10_000;

interface Place {
  readonly value: unknown;
  readonly key: string;
  /** What it is in; absent for the data itself. */
  readonly inside?: Place;
}

/** Where the first `bigint`, circle or throwing getter is, for the message alone; `data` where it is far. */
function placeOfUnserializable(data: unknown): string {
  const places: Place[] = [{ value: data, key: "data" }];
  // What is added meanwhile is visited as well.
  for (const place of places) {
    const { value } = place;
    if (typeof value === "bigint" || isInsideItself(place)) return placeText(place);
    if (typeof value !== "object" || value === null) continue;
    for (const key of Object.keys(value)) {
      if (places.length >= MAX_VALUES) break;
      try {
        places.push({ value: Reflect.get(value, key), key, inside: place });
      } catch {
        return placeText({ value: undefined, key, inside: place });
      }
    }
  }
  return "data";
}

function isInsideItself({ value, inside }: Place): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (let around = inside; around !== undefined; around = around.inside) {
    if (around.value === value) return true;
  }
  return false;
}

function placeText(place: Place): string {
  const keys: string[] = [];
  for (let each: Place | undefined = place; each !== undefined; each = each.inside) {
    keys.push(each.key);
  }
  return keys.toReversed().join(".");
}
