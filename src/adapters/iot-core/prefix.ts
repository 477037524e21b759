import { BuilderError } from "../../errors.ts";

/** A level that is the same in a topic, an ARN, a policy and a rule, where `* ? + # $ /` have meanings. */
const LEVEL = /^[A-Za-z0-9_-]+$/;
const MAX_LEVELS = 5;

/**
 * The levels of a prefix.
 *
 * @param maxLength - of all of them with what is between them
 * @throws {@link BuilderError} for what is none
 */
export function prefixLevels(prefix: unknown, maxLength: number): readonly string[] {
  const levels: readonly unknown[] = Array.isArray(prefix) ? prefix : [];
  if (levels.length === 0 || levels.length > MAX_LEVELS || !levels.every(isLevel)) {
    throw new BuilderError(
      `iot(): prefix is ${JSON.stringify(prefix)}. It has 1 to ${MAX_LEVELS} levels of A-Z a-z 0-9 _ -, such as ["myapp", "dev"].`,
    );
  }
  const { length } = levels.join("/");
  if (length > maxLength) {
    throw new BuilderError(
      `iot(): prefix has ${length} characters, at most ${maxLength} fit into a client id.`,
    );
  }
  return levels;
}

function isLevel(level: unknown): level is string {
  return typeof level === "string" && LEVEL.test(level);
}
