import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MAY_IMPORT } from "./mayImport.ts";
import { findCycle, importsOf, targetOf } from "./moduleGraph.ts";

const MAX_LINES = 250;

const covers = (part: string, name: string): boolean =>
  name === part || name.startsWith(`${part}/`);

/** The most special row of the table that covers a file. */
function partOf(file: string): string | undefined {
  const own = file.replace(/\.ts$/, "");
  const [adapter = ""] = /^adapters\/[^/]+/.exec(own) ?? [];
  const name = adapter === "" || adapter in MAY_IMPORT ? own : own.replace(adapter, "adapters/*");
  return Object.keys(MAY_IMPORT)
    .filter((part) => covers(part, name))
    .toSorted((a, b) => b.length - a.length)[0];
}

/** A folder of `src` that has its own row is not part of the folder around it. */
function isAllowed(part: string, file: string, specifier: string): boolean {
  if (specifier.includes("unstable-core-do-not-import")) return false;
  const allowed = MAY_IMPORT[part] ?? [];
  const target = targetOf(file, specifier);
  if (target === undefined) {
    return allowed.some(
      (name) => covers(name, specifier) || (/[:/]$/.test(name) && specifier.startsWith(name)),
    );
  }
  const isOtherAdapter =
    target.startsWith("adapters/") &&
    file.startsWith("adapters/") &&
    file.split("/")[1] !== target.split("/")[1];
  if (isOtherAdapter) {
    return allowed.some((name) => name.startsWith("adapters/") && covers(name, target));
  }
  const targetPart = partOf(target);
  if (targetPart === undefined) return false;
  return (
    targetPart === part ||
    allowed.some((name) => (name in MAY_IMPORT ? name === targetPart : covers(name, target)))
  );
}

function violations(file: string, source: string): readonly string[] {
  const part = partOf(file);
  if (part === undefined) return [`${file} belongs to no part; give it a row in MAY_IMPORT`];
  return importsOf(source)
    .filter(({ specifier }) => !isAllowed(part, file, specifier))
    .map(({ specifier }) => `${file} must not import ${specifier}`);
}

const linesOf = (source: string): number => source.trimEnd().split("\n").length;

const SRC = join(import.meta.dirname, "../src");
const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file.replaceAll("\\", "/"), readFileSync(join(SRC, file), "utf8")]),
);

describe("src", () => {
  it.each([...sources])("%s imports only what its part may", (file, source) => {
    expect(violations(file, source)).toEqual([]);
  });

  it("has no circle of imports", () => {
    expect(findCycle(sources)).toBeUndefined();
  });

  it(`has no file above ${MAX_LINES} lines`, () => {
    const long = [...sources].filter(([, source]) => linesOf(source) > MAX_LINES);
    expect(long.map(([file]) => file)).toEqual([]);
  });

  it("has files in every part", () => {
    const parts = new Set([...sources.keys()].map(partOf));
    expect([...parts].toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
  });
});

const WRONG: readonly (readonly [file: string, source: string])[] = [
  ["protocol/limits.ts", 'import { keysOf } from "../store/keys.ts";'],
  ["protocol/limits.ts", 'import type { Store } from "../store/types.ts";'],
  ["protocol/limits.ts", 'export { keysOf } from "../store/keys.ts";'],
  ["protocol/limits.ts", 'export * from "../store/keys.ts";'],
  ["protocol/limits.ts", 'const keys = await import("../store/keys.ts");'],
  ["protocol/limits.ts", "const keys = await import(name);"],
  ["protocol/limits.ts", "const keys = await import(`../store/keys.ts`);"],
  ["protocol/limits.ts", 'type Keys = import("../store/keys.ts").Keys;'],
  ["protocol/limits.ts", 'const fs = require("node:fs");'],
  ["protocol/limits.ts", 'import fs = require("node:fs");'],
  ["protocol/limits.ts", 'import "node:crypto";'],
  ["protocol/limits.ts", 'import "../errors.ts";'],
  ["errors.ts", 'import "./protocol/limits.ts";'],
  ["client/index.ts", 'import "../publisher/publish.ts";'],
  ["client/index.ts", 'import "../store/types.ts";'],
  ["client/index.ts", 'import "node:crypto";'],
  ["client/index.ts", 'import "ws";'],
  ["subscriptions/filter.ts", 'import "@aws-sdk/client-dynamodb";'],
  ["subscriptions/filter.ts", 'import "../store/dynamodb/table.ts";'],
  ["subscriptions/filter.ts", 'import "../publisher/publish.ts";'],
  ["subscriptions/filter.ts", 'import "node:crypto";'],
  ["store/memory.ts", 'import "@aws-sdk/client-dynamodb";'],
  ["store/memory.ts", 'import "./dynamodb/table.ts";'],
  ["store/dynamodb/pages.ts", 'import "../../subscriptions/app.ts";'],
  ["publisher/publish.ts", 'import "../adapters/api-gateway/transport.ts";'],
  [
    "publisher/publish.ts",
    'import type { WebSocketEvent } from "../adapters/api-gateway/event.ts";',
  ],
  ["publisher/publish.ts", 'import "@aws-sdk/client-apigatewaymanagementapi";'],
  ["publisher/publish.ts", 'import "../store/dynamodb/table.ts";'],
  ["adapters/api-gateway/connect.ts", 'import "../iot-core/connect.ts";'],
  ["adapters/iot-core/connect.ts", 'import "../api-gateway/connect.ts";'],
  ["adapters/api-gateway/connect.ts", 'import "../../store/dynamodb/table.ts";'],
  ["adapters/api-gateway/connect.ts", 'import "../../index.ts";'],
  ["adapters/api-gateway/connect.ts", 'import "ws";'],
  ["adapters/api-gateway/connect.ts", 'import "@trpc/server/unstable-core-do-not-import";'],
  ["adapters/iot-core/engine.ts", 'import "../../publisher/publish.ts";'],
  ["adapters/iot-core/direct/engine.ts", 'import "../../appsync-events/sigV4.ts";'],
  ["adapters/iot-core/engine.ts", 'import "@aws-sdk/client-apigatewaymanagementapi";'],
  ["client/iot-core/iotLink.ts", 'import "mqtt";'],
  ["local/gateway.ts", 'import "@aws-sdk/client-dynamodb";'],
  ["local/gateway.ts", 'import "../adapters/api-gateway/handler.ts";'],
  ["gateway/routes.ts", 'import "../local/options.ts";'],
  ["gateway/routes.ts", 'import "ws";'],
  ["testing/events.ts", 'import "@aws-sdk/client-apigatewaymanagementapi";'],
  ["testing/events.ts", 'import "../adapters/api-gateway/handler.ts";'],
  ["testing/gateway/network.ts", 'import "@trpc/client";'],
  ["testing/gateway/network.ts", 'import "../../local/gateway.ts";'],
  ["testing/events.ts", 'import "../../test/e2e/stack.ts";'],
  ["index.ts", 'import "./testing/index.ts";'],
  ["utils/helpers.ts", ""],
];

const RIGHT: readonly (readonly [file: string, source: string])[] = [
  ["protocol/limits.ts", 'import "./keyText.ts"; // import "../store/keys.ts"'],
  ["protocol/limits.ts", 'const text = `import "node:fs"`;'],
  ["store/dynamodb/pages.ts", 'import "../keys.ts"; import "@aws-sdk/lib-dynamodb";'],
  ["adapters/api-gateway/connect.ts", 'import "./event.ts"; import "../../publisher/publish.ts";'],
  ["adapters/iot-core/engine.ts", 'import "./event.ts"; import "../../broadcast/broker.ts";'],
  [
    "adapters/iot-core/direct/engine.ts",
    'import "../event.ts"; import "../../api-gateway/handler.ts";',
  ],
  ["local/dynamodb.ts", 'import "./dynoxide.ts"; import "@aws-sdk/client-dynamodb";'],
];

describe("the check itself", () => {
  it.each(WRONG)("finds in %s: %s", (file, source) => {
    expect(violations(file, source)).toHaveLength(1);
  });

  it.each(RIGHT)("finds nothing in %s: %s", (file, source) => {
    expect(violations(file, source)).toEqual([]);
  });

  it("finds a circle of three files, but none of types", () => {
    const three = (second: string): Map<string, string> =>
      new Map([
        ["a.ts", 'import "./b.ts";'],
        ["b.ts", second],
        ["c.ts", 'export * from "./a.ts";'],
      ]);
    expect(findCycle(three('import { type C } from "./c.ts";'))).toEqual([
      "a.ts",
      "b.ts",
      "c.ts",
      "a.ts",
    ]);
    expect(findCycle(three('import type { C } from "./c.ts";'))).toBeUndefined();
  });

  it("counts lines without the line break at the end", () => {
    expect(linesOf("a\n".repeat(MAX_LINES))).toBe(MAX_LINES);
    expect(linesOf(`${"a\n".repeat(MAX_LINES)}a\n`)).toBe(MAX_LINES + 1);
  });
});
