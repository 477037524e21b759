/** What PROTOCOL.md says of a frame, without a look at the code: the answers to it, and what a connection is then. */

/** A connection as its client knows it. */
export interface Known {
  /** Ids of live subscriptions, as JSON. */
  readonly live: Set<string>;
  /** `connectionParams`: not announced, announced, there, or bad. */
  params: "none" | "awaited" | "there" | "bad";
}

/** One answer: the id as JSON, `+` when `jsonrpc` is echoed, and what it is. */
export type Answer = `${string} ${string}`;

/** What must come of a frame. */
export interface Expected {
  /** Exactly these, in any order. */
  readonly exact: readonly Answer[];
  /** By id: what several messages with one id, handled at the same time, may lead to. */
  readonly open: ReadonlyMap<string, Race>;
}

/** Several subscriptions and stops with the same id in one frame. */
export interface Race {
  subscriptions: number;
  stops: number;
}

const MAX_DEPTH = 64;
const MAX_MESSAGES = 200;
const TYPES: ReadonlyMap<unknown, string> = new Map([
  ["hello", "query"],
  ["echo", "query"],
  ["strict", "query"],
  ["boom", "query"],
  ["save", "mutation"],
  ["onPing", "subscription"],
  ["onRoom", "subscription"],
  ["ticks", "subscription"],
]);

/** What a frame leads to; the state of `connectionParams` moves on with it. */
export function expectedOf(text: string, known: Known): Expected {
  const nothing = { open: new Map() };
  if (text === "PING") return { ...nothing, exact: ["PONG "] };
  if (text === "PONG") return { ...nothing, exact: [] };
  const json = parsed(text);
  if (json === undefined || depthOf(json) > MAX_DEPTH) {
    return { ...nothing, exact: ["null PARSE_ERROR"] };
  }
  const all: readonly unknown[] = Array.isArray(json) ? json : [json];
  const first = all.slice(0, MAX_MESSAGES);
  const exact: Answer[] = first.flatMap((message) => paramsAnswer(message, known));
  const stateful = new Map<string, { readonly id: string; readonly message: Members }[]>();
  for (const message of first) {
    if (isParams(message)) continue;
    const answer = answerTo(message, known);
    if (typeof answer === "string") exact.push(answer);
    else stateful.set(answer.id, [...(stateful.get(answer.id) ?? []), answer]);
  }
  for (const message of all.slice(MAX_MESSAGES)) {
    if (isRecord(message) && !isParams(message) && isId(message["id"])) {
      exact.push(`${echo(message)} BAD_REQUEST`);
    }
  }
  const open = new Map<string, Race>();
  for (const [id, messages] of stateful) {
    const [only] = messages;
    if (messages.length === 1 && only !== undefined) exact.push(...aloneAnswers(only, known));
    else {
      const stops = messages.filter(({ message }) => isStop(message)).length;
      open.set(id, { subscriptions: messages.length - stops, stops });
    }
  }
  return { exact, open };
}

type Members = Readonly<Record<string, unknown>>;

function isParams(message: unknown): boolean {
  return isRecord(message) && message["method"] === "connectionParams";
}

function isStop(message: Members): boolean {
  return message["method"] === "subscription.stop";
}

function paramsAnswer(message: unknown, known: Known): readonly Answer[] {
  if (!isRecord(message) || !isParams(message)) return [];
  if (known.params === "there" || known.params === "bad") return [];
  const { data } = message;
  const isGood =
    data === null ||
    (isRecord(data) && Object.values(data).every((value) => typeof value === "string"));
  if (known.params === "awaited") known.params = isGood ? "there" : "bad";
  return known.params === "there" ? [] : ["null PARSE_ERROR"];
}

/** The one answer to a message, or the message where that depends on the subscriptions there are. */
function answerTo(
  message: unknown,
  known: Known,
): Answer | { readonly id: string; readonly message: Members } {
  if (!isRecord(message)) return "null PARSE_ERROR";
  const { id, method, jsonrpc, params } = message;
  const to = echo(message);
  if (!isId(id)) return `${to} PARSE_ERROR`;
  if (jsonrpc !== undefined && jsonrpc !== "2.0") return `${to} PARSE_ERROR`;
  const own = { id: JSON.stringify(id), message };
  if (method === "subscription.stop") return own;
  const isMethod = method === "query" || method === "mutation" || method === "subscription";
  if (!isMethod || !isRecord(params)) return `${to} PARSE_ERROR`;
  const { path, lastEventId, input } = params;
  if (typeof path !== "string") return `${to} PARSE_ERROR`;
  if (lastEventId !== undefined && typeof lastEventId !== "string") return `${to} PARSE_ERROR`;
  if (known.params === "awaited") return `${to} TIMEOUT`;
  if (known.params === "bad") return `${to} BAD_REQUEST`;
  if (TYPES.get(path) !== method) return `${to} NOT_FOUND`;
  if (path === "boom") return `${to} INTERNAL_SERVER_ERROR`;
  if (path === "strict" && !(isRecord(input) && Number.isFinite(input["n"]))) {
    return `${to} BAD_REQUEST`;
  }
  if (path === "onRoom" && !(isRecord(input) && typeof input["room"] === "string")) {
    return `${to} BAD_REQUEST`;
  }
  return method === "subscription" ? own : `${to} data`;
}

/** Answers to a subscription or a stop that is the only one with its id in the frame. */
function aloneAnswers(
  { id, message }: { readonly id: string; readonly message: Members },
  { live }: Known,
): readonly Answer[] {
  const to = echo(message);
  if (isStop(message)) return live.has(id) ? [`${to} stopped`] : [];
  if (live.has(id)) return [`${to} BAD_REQUEST`];
  const { params } = message;
  return isRecord(params) && params["path"] === "ticks"
    ? [`${to} started`, `${to} data`, `${to} data`, `${to} stopped`]
    : [`${to} started`];
}

/** What an answer repeats of a message. */
function echo({ id, jsonrpc }: Members): string {
  return `${isId(id) ? JSON.stringify(id) : "null"}${jsonrpc === "2.0" ? "+" : ""}`;
}

function isId(id: unknown): boolean {
  if (typeof id !== "string") return Number.isSafeInteger(id);
  const isWhole = Buffer.from(id).toString() === id;
  const bytes = Buffer.byteLength(id.replace(/[#%]/g, "%25"));
  return isWhole && bytes >= 1 && bytes <= 64;
}

function isRecord(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many arrays and objects are around one another, by a stack of its own. */
function depthOf(json: unknown): number {
  let deepest = 0;
  const stack: (readonly [value: unknown, depth: number])[] = [[json, 1]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [value, depth] = top;
    if (typeof value !== "object" || value === null) continue;
    deepest = Math.max(deepest, depth);
    for (const inside of Object.values(value)) stack.push([inside, depth + 1]);
  }
  return deepest;
}
