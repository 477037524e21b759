import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as policies from "../../examples/deploy/policies.ts";
import * as library from "../../src/index.ts";
import { broken, type Mistake } from "./broken.ts";
import { readSst } from "./readSst.ts";
import { violationsOf } from "./rules.ts";

const text = readFileSync(
  new URL("../../examples/deploy/sst/sst.config.ts", import.meta.url),
  "utf8",
);

const read = (source: string, environment: NodeJS.ProcessEnv = {}) =>
  readSst(source, { "trpc-aws-subscriptions": library, "../policies.ts": policies }, environment);

describe("the config is what the README says", () => {
  it.each<[string, NodeJS.ProcessEnv]>([
    ["with the API's own address", {}],
    ["with a domain", { WEBSOCKET_DOMAIN: "ws.example.com" }],
  ])("%s", async (_, environment) => {
    const deployment = await read(text, environment);
    expect(violationsOf(deployment)).toEqual([]);
    expect(deployment.functions.size).toBe(5);
    expect(deployment.domain?.name).toBe(environment["WEBSOCKET_DOMAIN"]);
  });
});

const MISTAKES: readonly Mistake[] = [
  {
    name: "TTL forgotten",
    from: "ttl: timeToLiveAttribute,",
    to: "",
    violation: "TTL of the table is undefined",
  },
  {
    name: "keys swapped",
    from: "hashKey: partitionKey.name, rangeKey: sortKey.name",
    to: "hashKey: sortKey.name, rangeKey: partitionKey.name",
    violation: "keys of the table",
  },
  {
    name: "permissions of another function",
    from: "policies.disconnectPolicy(arns)",
    to: "policies.connectPolicy(arns)",
    violation: "route $disconnect lacks Allow dynamodb:Query",
  },
  {
    name: "posts to every stage",
    from: "/$default/${method}",
    to: "/*/${method}",
    violation: "route $default may Allow execute-api:ManageConnections",
  },
  {
    name: "route missing",
    from: /api\.route\("\$connect".*/,
    to: "",
    violation: 'routes is ["$default","$disconnect"]',
  },
  {
    name: "posts to the clients' address",
    from: "WEBSOCKET_ENDPOINT: api.managementEndpoint",
    to: "WEBSOCKET_ENDPOINT: api.url",
    violation: "environment of SendPing",
  },
  {
    name: "SST's backups",
    from: /transform: \{ table: .*/,
    to: "",
    violation: "backups keep sessions",
  },
  {
    name: "no partial responses",
    from: "partialResponses: true",
    to: "partialResponses: false",
    violation: "responses of the worker",
  },
];

describe("a mistake is noticed", () => {
  it.each(MISTAKES)("$name", async (mistake) => {
    const violations = violationsOf(await read(broken(text, mistake))).join("\n");
    expect(violations).toContain(mistake.violation);
  });
});

it("SST's rule: nothing is imported at the top", async () => {
  const source = `import { table } from "trpc-aws-subscriptions";\nvoid table;\n${text}`;
  await expect(read(source)).rejects.toThrow("SST refuses the import of trpc-aws-subscriptions");
});

it("a domain that is a URL gives one clear error", async () => {
  const environment = { WEBSOCKET_DOMAIN: "wss://ws.example.com" };
  await expect(read(text, environment)).rejects.toThrow(
    'WEBSOCKET_DOMAIN is "wss://ws.example.com". Give a host name',
  );
});
