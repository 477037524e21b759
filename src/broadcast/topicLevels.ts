import { createHash, createHmac } from "node:crypto";
import { encodeScalar } from "../store/filterKeys.ts";
import { filterNameOf } from "../store/filterName.ts";
import { base32 } from "./base32.ts";
import type { TopicLevels } from "./broker.ts";

/** Whom a topic is for. */
export interface TopicKey {
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Key text of a filter, from `filterKey`; `undefined` for every subscriber of the route. */
  readonly filter: string | undefined;
}

/** 160 bits: out of reach for guessing, and as long as a level of a topic may well be. */
const TAG_BYTES = 20;
const DIGEST_BYTES = 5;

/** A level as it is: short, of the characters that every broker takes, and not like one with a digest. */
const READABLE = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?$/;
const LIKE_DIGEST = /-x[a-z2-7]{8}$/;
const MAX_SLUG_LENGTH = 30;

/** The levels of a topic's name. What it is made of is the text that a store keeps subscribers under. */
export function topicLevels(topicKey: Buffer, { path, filter }: TopicKey): TopicLevels {
  const text = `topic#${encodeScalar(path)}#${filter ?? ""}`;
  const digest = createHmac("sha256", topicKey).update(text).digest();
  return {
    route: readableLevel(path),
    audience: filter === undefined ? "all" : `f-${readableLevel(filterNameOf(filter))}`,
    tag: base32(digest.subarray(0, TAG_BYTES)),
  };
}

/** A name as a level: itself where it may be one, otherwise what is left of it with a digest of all of it. */
export function readableLevel(name: string): string {
  if (READABLE.test(name) && !LIKE_DIGEST.test(name)) return name;
  const slug = name
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-/, "")
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/-$/, "");
  const digest = createHash("sha256").update(name).digest().subarray(0, DIGEST_BYTES);
  return `${slug === "" ? "n" : slug}-x${base32(digest)}`;
}
