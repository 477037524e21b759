/** A JSON value before it is text; members may be there twice or not at all. */
type Members = Record<string, unknown>;

/** Random choices of one run. */
export interface Choices {
  /** A number from 0 up to `end`, without it. */
  below(end: number): number;
  /** True in `share` of all cases. */
  chance(share: number): boolean;
  of<T>(list: readonly [T, ...T[]]): T;
}

/** Choices that follow from numbers between 0 and 1. */
export function choicesOf(random: () => number): Choices {
  const below = (end: number): number => Math.floor(random() * end);
  return {
    below,
    chance: (share) => random() < share,
    of: (list) => list[below(list.length)] ?? list[0],
  };
}

const IDS = [
  1,
  2,
  3,
  1,
  2,
  3,
  "1",
  "a",
  0,
  -7,
  "__proto__",
  "é",
  "%n1",
  "a#b",
  2 ** 53 - 1,
] as const;
const METHODS = [
  "query",
  "mutation",
  "subscription",
  "subscription.stop",
  "publish",
  "__proto__",
] as const;
const TEXTS = [
  "",
  "x",
  "__proto__",
  "constructor",
  "#",
  "%",
  "\u0000",
  "\ufeff",
  "\ud800",
  "\u{1f600}",
  "e\u0301",
  "\u2028",
  "hello",
  "2.0",
] as const;
const PIECES = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\\",
  "\u0000",
  "\ufeff",
  "é",
  "1e400",
  "null",
  "//",
  " ",
] as const;

/** A text frame as some client may send it: mostly an envelope of tRPC's with something wrong here and there. */
export function randomFrame(choices: Choices): string {
  if (choices.chance(0.04)) return randomDocument(choices);
  const { below, chance } = choices;
  const isBatch = chance(0.2);
  const size = isBatch ? below(5) : 1;
  const messages = Array.from({ length: size }, () => messageText(choices));
  if (chance(0.0005)) return bigBatch(choices);
  const text = isBatch ? `[${messages.join()}]` : (messages[0] ?? "");
  return chance(0.1) ? broken(choices, text) : text;
}

function randomDocument({ of, below }: Choices): string {
  const levels = 55 + below(20);
  return of([
    "PING",
    "PONG",
    "PING ",
    "",
    "[]",
    "null",
    '"PING"',
    "\ufeff{}",
    "{".repeat(levels),
    "[".repeat(levels) + "]".repeat(levels),
    `${'{"id":1,"a":'.repeat(levels)}1${"}".repeat(levels)}`,
    Buffer.from(Array.from({ length: 20 }, () => below(256))).toString("latin1"),
    Buffer.from(Array.from({ length: 20 }, () => below(256))).toString("utf8"),
  ]);
}

/** More messages than a frame may hold, of which some have no id. */
function bigBatch({ below, chance }: Choices): string {
  const messages = Array.from({ length: 195 + below(12) }, (_, id) =>
    chance(0.1) ? "{}" : `{"id":${id},"method":"query","params":{"path":"hello"}}`,
  );
  return `[${messages.join()}]`;
}

function messageText(choices: Choices): string {
  const { chance, below, of } = choices;
  if (chance(0.02)) return JSON.stringify(randomValue(choices, 2)) ?? "1";
  const message = goodMessage(choices);
  if (chance(0.4)) {
    for (let left = 1 + below(2); left > 0; left--) mutate(choices, message);
  }
  const text = JSON.stringify(message);
  // Of a member that is there twice the last one counts.
  if (!chance(0.03)) return text;
  const twice = `"${of(["id", "method", "params", "jsonrpc"])}":${JSON.stringify(randomValue(choices, 1)) ?? 0}`;
  return chance(0.5) ? `{${twice},${text.slice(1)}` : `${text.slice(0, -1)},${twice}}`;
}

function goodMessage(choices: Choices): Members {
  const { of, chance, below } = choices;
  const id = of(IDS);
  const jsonrpc = chance(0.2) ? { jsonrpc: "2.0" } : {};
  if (chance(0.15)) return { id, ...jsonrpc, method: "subscription.stop" };
  if (chance(0.05)) {
    const data = of<unknown>([null, {}, { token: "t" }, { token: 1 }, [], "t", { __proto: "x" }]);
    return { method: "connectionParams", data };
  }
  const [method, path, input] = of<readonly [string, string, unknown]>([
    ["query", "hello", undefined],
    ["query", "echo", randomValue(choices, 3)],
    ["query", "strict", { n: below(9) }],
    ["query", "strict", randomValue(choices, 2)],
    ["query", "boom", undefined],
    ["mutation", "save", undefined],
    ["mutation", "hello", undefined],
    ["subscription", "onPing", undefined],
    ["subscription", "onPing", undefined],
    ["subscription", "onRoom", { room: of(TEXTS) }],
    ["subscription", "onRoom", { room: randomValue(choices, 1) }],
    ["subscription", "ticks", undefined],
    ["query", of(["", "a.b", "__proto__", "constructor", "hello.x", "toString"]), 1],
  ]);
  const lastEventId = chance(0.05) ? { lastEventId: of(TEXTS) } : {};
  return { id, ...jsonrpc, method, params: { path, input, ...lastEventId } };
}

/** Deletes a member, gives it another type, or adds one. */
function mutate(choices: Choices, message: Members): void {
  const { of, chance } = choices;
  const params = message["params"];
  const isInside = chance(0.4) && typeof params === "object" && params !== null;
  const target = isInside ? (params as Members) : message;
  const name = isInside
    ? of(["path", "input", "lastEventId"])
    : of(["id", "method", "params", "jsonrpc", "data"]);
  if (chance(0.3)) delete target[name];
  else if (chance(0.2)) target[of(["", "params", "toJSON", "extra"])] = randomValue(choices, 2);
  else if (chance(0.1)) target["method"] = of(METHODS);
  else target[name] = chance(0.02) ? deep(60 + choices.below(10)) : randomValue(choices, 2);
}

function randomValue(choices: Choices, depth: number): unknown {
  const { of, chance, below } = choices;
  if (depth > 0 && chance(0.3)) {
    const values = Array.from({ length: below(3) }, () => randomValue(choices, depth - 1));
    return chance(0.5) ? values : Object.fromEntries(values.map((value) => [of(TEXTS), value]));
  }
  if (chance(0.01)) return of(TEXTS).repeat(1_000) || "x".repeat(65);
  return of<unknown>([null, true, false, 0, -1, 1.5, 2 ** 53, 1e300, of(TEXTS), of(IDS)]);
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Text of JSON with a piece too many, too few or twice. */
function broken({ of, below, chance }: Choices, text: string): string {
  const at = below(text.length + 1);
  if (chance(0.3)) return text.slice(0, at);
  if (chance(0.3)) return text.slice(0, at) + text.slice(at + 1 + below(4));
  if (chance(0.3)) return text.slice(0, at) + text.slice(Math.max(0, at - below(20)));
  return text.slice(0, at) + of(PIECES) + text.slice(at);
}
