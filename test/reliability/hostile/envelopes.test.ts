import { memory, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { adapterOf, subscriptions, t } from "../../unit/adapters/api-gateway/harness.ts";
import { report } from "../figures.ts";

const router = t.router({
  hello: t.procedure.query(() => "hi"),
  echo: t.procedure.input(z.unknown()).query(({ input }) => ({ input })),
  onPing: t.procedure.subscription(subscriptions.resolver<string>()),
});

/** What one frame gets: an id with what it is told, `jsonrpc` where it is echoed. */
type Answer = readonly [id: unknown, told: unknown, jsonrpc?: "2.0"];
type Case = readonly [name: string, body: string, answers: readonly Answer[]];

const hello = (id: string, more = ""): string =>
  `{"id":${id},"method":"query","params":{"path":"hello"}${more}}`;
const withMethod = (method: string): string =>
  `{"id":7,"method":${method},"params":{"path":"hello"}}`;
const withParams = (params: string): string => `{"id":7,"method":"query","params":${params}}`;
const REFUSED = "PARSE_ERROR";
const noId: readonly Answer[] = [[null, REFUSED]];
const ownId: readonly Answer[] = [[7, REFUSED]];
const text = (length: number): string => JSON.stringify("x".repeat(length));

const documents: readonly Case[] = [
  ["a byte order mark before the JSON", `\ufeff${hello("1")}`, noId],
  ["a NUL behind the JSON", `${hello("1")}\u0000`, noId],
  ["a NUL before the JSON", `\u0000${hello("1")}`, noId],
  ["white space around the JSON", `\t\r\n ${hello("1")}\n`, [[1, "hi"]]],
  ["another kind of space around the JSON", `\u00a0${hello("1")}`, noId],
  ["two documents", hello("1") + hello("2"), noId],
  ["two lines of JSON", `${hello("1")}\n${hello("2")}`, noId],
  ["a comment", `/**/${hello("1")}`, noId],
  ["a trailing comma", `[${hello("1")},]`, noId],
  ["single quotes", hello("1").replaceAll('"', "'"), noId],
  ["names without quotes", "{id:1}", noId],
  ["a document that is cut", hello("1").slice(0, -1), noId],
  ["a string that is cut in an escape", '{"id":"\\u00', noId],
  ["a raw line break in a string", '{"id":"a\nb"}', noId],
  ["PING with a line break", "PING\r\n", noId],
  ["PING in quotes", '"PING"', noId],
  ["PING in an array", '["PING"]', noId],
  ["ping in small letters", "ping", noId],
  ["a form", "id=1&method=query", noId],
  ["an HTTP request", "GET / HTTP/1.1\r\n\r\n", noId],
];

const ids: readonly Case[] = [
  ["the number 1e400", hello("1e400"), noId],
  ["the number -1e400", hello("-1e400"), noId],
  ["1e2, which is 100", hello("1e2"), [[100, "hi"]]],
  ["1.0, which is 1", hello("1.0"), [[1, "hi"]]],
  ["-0, which is 0", hello("-0"), [[0, "hi"]]],
  ["a fraction that rounds to a whole number", hello("1.00000000000000000001"), [[1, "hi"]]],
  ["a fraction", hello("0.1"), noId],
  ["2^53", hello("9007199254740992"), noId],
  ["2^53 + 1, which cannot be told from it", hello("9007199254740993"), noId],
  ["the largest safe integer", hello("9007199254740991"), [[9007199254740991, "hi"]]],
  ["the smallest safe integer", hello("-9007199254740991"), [[-9007199254740991, "hi"]]],
  ["NaN", hello("NaN"), noId],
  ["a hexadecimal number", hello("0x1"), noId],
  ["a number with a leading zero", hello("01"), noId],
  ["true", hello("true"), noId],
  ["null", hello("null"), noId],
  ["no id at all", '{"method":"query","params":{"path":"hello"}}', noId],
  ["an object", hello('{"toString":"1"}'), noId],
  ["an empty array", hello("[]"), noId],
  ["nested arrays of 1", hello("[[[1]]]"), noId],
  ["an empty text", hello('""'), noId],
  ["a text of 64 bytes", hello(text(64)), [["x".repeat(64), "hi"]]],
  ["a text of 65 bytes", hello(text(65)), noId],
  ["32 letters of two bytes", hello(JSON.stringify("é".repeat(32))), [["é".repeat(32), "hi"]]],
  ["33 letters of two bytes", hello(JSON.stringify("é".repeat(33))), noId],
  [
    "21 percent signs, 63 bytes as key",
    hello(JSON.stringify("%".repeat(21))),
    [["%".repeat(21), "hi"]],
  ],
  ["22 percent signs, 66 bytes as key", hello(JSON.stringify("%".repeat(22))), noId],
  ["a lone high surrogate", hello('"\\ud800"'), noId],
  ["a lone low surrogate", hello('"a\\udc00b"'), noId],
  ["surrogates the wrong way round", hello('"\\udc00\\ud800"'), noId],
  ["an escaped pair of surrogates", hello('"\\ud83d\\ude00"'), [["\u{1f600}", "hi"]]],
  ["an escaped NUL", hello('"\\u0000"'), [["\u0000", "hi"]]],
  ["the text 1, not the number", hello('"1"'), [["1", "hi"]]],
  ["the key text of a number", hello('"%n1"'), [["%n1", "hi"]]],
  ["__proto__", hello('"__proto__"'), [["__proto__", "hi"]]],
  ["the text null", hello('"null"'), [["null", "hi"]]],
  ["given twice: the last counts", hello("1", ',"id":2'), [[2, "hi"]]],
  ["given twice, the last one bad", hello("1", ',"id":{}'), noId],
  ["in __proto__ alone", '{"__proto__":{"id":1},"method":"query","params":{"path":"hello"}}', noId],
  ["in constructor alone", '{"constructor":{"prototype":{"id":1}},"method":"query"}', noId],
];

const members: readonly Case[] = [
  ["jsonrpc 2.0", hello("7", ',"jsonrpc":"2.0"'), [[7, "hi", "2.0"]]],
  ["jsonrpc as a number", hello("7", ',"jsonrpc":2.0'), ownId],
  ["jsonrpc null", hello("7", ',"jsonrpc":null'), ownId],
  ["jsonrpc 1.0", hello("7", ',"jsonrpc":"1.0"'), ownId],
  ["jsonrpc in an array", hello("7", ',"jsonrpc":["2.0"]'), ownId],
  ["jsonrpc without an id", '{"jsonrpc":"2.0","method":"query"}', [[null, REFUSED, "2.0"]]],
  ["no method", '{"id":7,"params":{"path":"hello"}}', ownId],
  ["the method null", withMethod("null"), ownId],
  ["the method 0", withMethod("0"), ownId],
  ["an empty method", withMethod('""'), ownId],
  ["a method in an array", withMethod('["query"]'), ownId],
  ["a method with a space", withMethod('"query "'), ownId],
  ["a method in capitals", withMethod('"Query"'), ownId],
  ["a method of the server", withMethod('"reconnect"'), ownId],
  ["a method of objects", withMethod('"toString"'), ownId],
  ["a method given twice: the last counts", hello("7", ',"method":"publish"'), ownId],
  ["no params", '{"id":7,"method":"query"}', ownId],
  ["params that are text", withParams('"hello"'), ownId],
  ["params in an array", withParams('[{"path":"hello"}]'), ownId],
  ["params false", withParams("false"), ownId],
  ["params with the path in __proto__", withParams('{"__proto__":{"path":"hello"}}'), ownId],
  ["a path that is a number", withParams('{"path":0}'), ownId],
  ["a path that is null", withParams('{"path":null}'), ownId],
  ["a path in an array", withParams('{"path":["hello"]}'), ownId],
  ["an empty path", withParams('{"path":""}'), [[7, "NOT_FOUND"]]],
  ["a path with a dot behind it", withParams('{"path":"hello."}'), [[7, "NOT_FOUND"]]],
  ["a path into a procedure", withParams('{"path":"hello._def"}'), [[7, "NOT_FOUND"]]],
  ["a path into the router", withParams('{"path":"_def.procedures.hello"}'), [[7, "NOT_FOUND"]]],
  ["a path with a slash", withParams('{"path":"/hello"}'), [[7, "NOT_FOUND"]]],
  ["a path with a NUL", withParams('{"path":"hello\\u0000"}'), [[7, "NOT_FOUND"]]],
  ["a path with a lone surrogate", withParams('{"path":"\\ud800"}'), [[7, "NOT_FOUND"]]],
  ["a path of another type of procedure", withParams('{"path":"onPing"}'), [[7, "NOT_FOUND"]]],
  ["lastEventId null", withParams('{"path":"hello","lastEventId":null}'), ownId],
  ["lastEventId 0", withParams('{"path":"hello","lastEventId":0}'), ownId],
  ["lastEventId in an array", withParams('{"path":"hello","lastEventId":["a"]}'), ownId],
  ["members nobody knows", hello("7", ',"stream":true,"__proto__":null'), [[7, "hi"]]],
  ["a stop of nothing", '{"id":7,"method":"subscription.stop"}', []],
  ["a stop without an id", '{"method":"subscription.stop"}', noId],
  ["a stop with params", '{"id":7,"method":"subscription.stop","params":[]}', []],
  ["connectionParams that nobody announced", '{"method":"connectionParams","data":{}}', noId],
  ["connectionParams with an id", '{"id":7,"method":"connectionParams","data":{}}', noId],
];

const many = (count: number, last: string): string =>
  `[${Array.from({ length: count }, (_, id) => (id === 200 ? last : hello(String(id)))).join()}]`;
const answered = (count: number): readonly Answer[] =>
  Array.from({ length: count }, (_, id) => [id, "hi"]);

const batches: readonly Case[] = [
  ["none", "[]", []],
  ["an empty array", "[[]]", noId],
  ["a batch", `[[${hello("1")}]]`, noId],
  ["null, a number, a text and true", '[null,1,"a",true]', [...noId, ...noId, ...noId, ...noId]],
  [
    "a bad one among good ones",
    `[${hello("1")},{},${hello("2")}]`,
    [[1, "hi"], ...noId, [2, "hi"]],
  ],
  [
    "the same query twice",
    `[${hello("1")},${hello("1")}]`,
    [
      [1, "hi"],
      [1, "hi"],
    ],
  ],
  ["200", many(200, ""), answered(200)],
  ["201", many(201, hello("200")), [...answered(200), [200, "BAD_REQUEST"]]],
  ["201, the last without an id", many(201, "{}"), answered(200)],
  [
    "201, the last a stop",
    many(201, '{"id":200,"method":"subscription.stop"}'),
    [...answered(200), [200, "BAD_REQUEST"]],
  ],
  ["201, the last connectionParams", many(201, '{"method":"connectionParams"}'), answered(200)],
];

/** The answers to one frame over a fresh connection, by what their id comes to as text. */
async function answersTo(body: string): Promise<readonly Answer[]> {
  const store = memory();
  const adapter = adapterOf(router, { store });
  await adapter.open();
  const result = await adapter.handler(messageEvent(body));
  expect(result).toStrictEqual({ statusCode: 200 });
  expect(store.countRoutes()).toBe(0);
  return adapter.frames().map((frame): Answer => {
    const jsonrpc: unknown = Reflect.get(frame, "jsonrpc");
    const told = frame.error === undefined ? frame.result?.data : frame.error.data["code"];
    return jsonrpc === "2.0" ? [frame.id, told, jsonrpc] : [frame.id, told];
  });
}

const inOrder = (answers: readonly Answer[]): readonly string[] =>
  answers.map((answer) => JSON.stringify(answer)).toSorted();

describe.each([
  ["S5, S7: a document that is", documents],
  ["S7: an id that is", ids],
  ["S7: an envelope with", members],
  ["S6: a batch of", batches],
])("%s", (_, cases) => {
  it.each(cases)("%s", async (_name, body, answers) => {
    expect(inOrder(await answersTo(body))).toEqual(inOrder(answers));
  });
});

afterAll(() => {
  report("hostile envelopes", {
    cases: documents.length + ids.length + members.length + batches.length,
  });
});
