import { MAX_TOPIC_BYTES, MAX_TOPIC_SLASHES } from "../../protocol/iotCoreLimits.ts";

/** Topics of a rule's own, whose first three levels do not count. */
const BASIC_INGEST = /^\$aws\/rules\/[^/]+\//;
const SHARED = /^\$share\/[^/]+\//;

/** What is wrong with a topic or a topic filter, if anything. */
export function topicProblem(text: string, kind: "topic" | "topic filter"): string | undefined {
  const bytes = Buffer.byteLength(text);
  const slashes = text.replace(BASIC_INGEST, "").replace(SHARED, "").split("/").length - 1;
  if (text === "") return `the ${kind} is empty`;
  if (bytes > MAX_TOPIC_BYTES) {
    return `the ${kind} has ${bytes} bytes, at most ${MAX_TOPIC_BYTES} are allowed`;
  }
  if (slashes > MAX_TOPIC_SLASHES) {
    return `the ${kind} has ${slashes} slashes, at most ${MAX_TOPIC_SLASHES} are allowed`;
  }
  if (kind === "topic") return /[+#]/.test(text) ? "the topic has a wildcard" : undefined;
  const isWellFormed = text
    .split("/")
    .every((level, at, { length }) =>
      level.length > 1 ? !/[+#]/.test(level) : level !== "#" || at === length - 1,
    );
  return isWellFormed ? undefined : "the topic filter has a wildcard beside other characters";
}

/**
 * Whether a topic filter covers a topic. Unlike MQTT's own rule `#` does not match the level above it, as IoT Core
 * documents. What is shared under `$share/<name>/` is matched like a filter of one's own.
 */
export function isCovered(topicFilter: string, topic: string): boolean {
  const filter = topicFilter.replace(SHARED, "");
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const levels = topic.split("/");
  const wanted = filter.split("/");
  const isOpen = wanted.at(-1) === "#";
  const isLongEnough = isOpen ? levels.length >= wanted.length : levels.length === wanted.length;
  return (
    isLongEnough &&
    wanted.every((level, at) => level === "+" || level === "#" || level === levels[at])
  );
}
