import type { IotPolicyDocument } from "../../adapters/iot-core/event.ts";

/** What policies allow or deny. */
export type IotAction = "iot:Connect" | "iot:Publish" | "iot:Receive" | "iot:Subscribe";

/** Whether policies allow an action: some statement allows it, and none denies it. */
export function isAllowed(
  documents: readonly IotPolicyDocument[],
  action: IotAction,
  resource: string,
): boolean {
  const effects = documents
    .flatMap(({ Statement }) => Statement)
    .filter(({ Action, Resource }) => covers(Action, action) && covers(Resource, resource))
    .map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

const covers = (patterns: string | readonly string[], text: string): boolean =>
  [patterns].flat().some((pattern) => matches(pattern, text));

/**
 * Whether a pattern of a policy covers a text. `*` is any text and `?` any character; the `+` and `#` of MQTT are
 * themselves. Linear in both lengths but for the number of stars, as a regular expression of many stars is not.
 */
function matches(pattern: string, text: string): boolean {
  let [at, read, star, retry] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[read] === "*") {
      star = read++;
      retry = at;
    } else if (pattern[read] === "?" || (read < pattern.length && pattern[read] === text[at])) {
      read++;
      at++;
    } else if (star >= 0) {
      read = star + 1;
      at = ++retry;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(read));
}
