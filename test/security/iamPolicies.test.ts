import { GetItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "trpc-aws-subscriptions";
import { expect, it, onTestFinished } from "vitest";
import { limitMs } from "../reliability/size.ts";
import { emulatorClient } from "../testTable.ts";
import { clientStory } from "./clientStory.ts";
import { startCloud } from "./cloud.ts";
import { fenceStory, historyStory } from "./historyStory.ts";
import { allows, type Need } from "./iam.ts";
import { dynamoDBNeeds } from "./needs.ts";
import { policyOf, policyTexts } from "./policies.ts";
import { cursorStory, endStory, publishStory } from "./publisherStory.ts";
import { unusedOf } from "./role.ts";

const NAMES = {
  REGION: "eu-central-1",
  ACCOUNT: "123456789012",
  TABLE: "chat",
  API: "a1b2c3d4e5",
  STAGE: "prod",
  QUEUE: "fan-out",
  NAMESPACE: "dev-ann",
  PREFIX: "myapp/dev",
  CLIENT_PREFIX: "myapp-dev",
  CHANNEL_NAMESPACE: "scores",
};
const TABLE_ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/chat";
const BROKER_PUBLISHERS = ["Publisher on IoT Core", "Publisher on AppSync Events"];
const policies = [...policyTexts.keys()].map((heading) => ({
  heading,
  policy: policyOf(heading, NAMES),
}));
/** Headings of the policies that allow something. */
const whoMay = (need: Need): readonly string[] =>
  policies.filter(({ policy }) => allows(policy, need)).map(({ heading }) => heading);
const onRow = (action: string, ...leadingKeys: string[]): Need => ({
  action: `dynamodb:${action}`,
  resource: TABLE_ARN,
  leadingKeys,
});

it("S19: there is a policy for every kind of function, and for nothing else", () => {
  expect(policies.map(({ heading }) => heading)).toEqual([
    "$connect",
    "$disconnect",
    "$default, or all three in one function",
    "Publisher",
    "Publisher with a queue",
    "Worker of the queue",
    "Outbox",
    "Handler of the stream",
    "Publisher on IoT Core",
    "disconnect on IoT Core",
    "Direct delivery on IoT Core",
    "Publisher on AppSync Events",
    "Grants of a broker",
    "Only count()",
    "Development on a shared table",
  ]);
});

it("S19: nobody may scan, delete single rows, use PartiQL or change the table", () => {
  for (const action of ["Scan", "DeleteItem", "PartiQLSelect", "UpdateTable", "DescribeTable"]) {
    expect(whoMay(onRow(action))).toEqual([]);
  }
});

it("S19: only publishers and workers read the key of cursors, only publishers write it", () => {
  const publishers = ["Publisher", "Publisher with a queue"];
  expect(whoMay(onRow("GetItem", "secret#cursor"))).toEqual([...publishers, "Worker of the queue"]);
  expect(whoMay(onRow("PutItem", "secret#cursor"))).toEqual(publishers);
  expect(whoMay(onRow("UpdateItem", "secret#cursor"))).toEqual([]);
});

it("S19: only the function that replays reads events, only who publishes or comes late keeps them, only the stream's handler moves them", () => {
  const handler = ["$default, or all three in one function"];
  const publishers = ["Publisher", "Publisher with a queue"];
  const writers = [...publishers, "Outbox", ...BROKER_PUBLISHERS];
  const stream = ["Handler of the stream"];
  const keepers = [...publishers, "Worker of the queue", "Outbox", ...stream, ...BROKER_PUBLISHERS];
  const partitions = ["event#onFeed#", "published#onFeed#order 3", "quiet#onFeed#[null]"];
  for (const [action, ...allowed] of [
    ["Query", [...handler, "Grants of a broker"], [], []],
    ["GetItem", [], [], handler],
    ["PutItem", keepers, writers, handler],
    ["UpdateItem", [], [...publishers, ...BROKER_PUBLISHERS], []],
    ["BatchGetItem", [], [], []],
    ["BatchWriteItem", stream, [], []],
  ] as const) {
    const seen = partitions.map((partition) => whoMay(onRow(action, partition)));
    expect(seen, action).toEqual(allowed);
  }
  // An event and its key are put in one transaction, an event and a route are not.
  expect(whoMay(onRow("PutItem", "event#a#", "published#a#k"))).toEqual(writers);
  expect(whoMay(onRow("PutItem", "event#a#", "path#a"))).toEqual([]);
});

it("S19: who writes to the outbox does nothing else; only the stream's handler reads the stream", () => {
  const { Statement: outbox } = policyOf("Outbox", NAMES);
  expect(outbox.flatMap(({ Action }) => Action)).toEqual(["dynamodb:PutItem"]);
  const onStream = (table: string): Need => ({
    action: "dynamodb:GetRecords",
    resource: `${table}/stream/2026-01-01T00:00:00.000`,
  });
  expect(whoMay(onStream(TABLE_ARN))).toEqual(["Handler of the stream"]);
  expect(whoMay(onStream(`${TABLE_ARN}2`))).toEqual([]);
});

it("S19: only handlers write routes, and no policy reaches into a namespace but its own", () => {
  const handler = ["$default, or all three in one function"];
  expect(whoMay(onRow("PutItem", "path#onMessage"))).toEqual(handler);
  expect(whoMay(onRow("Query", "namespace#dev-ann#path#onMessage"))).toEqual([
    "Development on a shared table",
  ]);
  expect(whoMay(onRow("Query", "namespace#dev-annabel#path#onMessage"))).toEqual([]);
});

it("S19: only publishers, workers and the stream's handler close sockets; nobody reaches another stage, API or account", () => {
  const connection = (method: string, api = "a1b2c3d4e5/prod", account = "123456789012"): Need => ({
    action: "execute-api:ManageConnections",
    resource: `arn:aws:execute-api:eu-central-1:${account}:${api}/${method}/@connections/abc=`,
  });
  expect(whoMay(connection("DELETE"))).toEqual([
    "Publisher",
    "Publisher with a queue",
    "Worker of the queue",
    "Handler of the stream",
  ]);
  expect(whoMay(connection("GET"))).toEqual([]);
  expect(whoMay(connection("POST"))).toHaveLength(5);
  for (const api of ["a1b2c3d4e5/dev", "other/prod"]) {
    expect(whoMay(connection("POST", api))).toEqual([]);
  }
  expect(whoMay(connection("POST", "a1b2c3d4e5/prod", "999999999999"))).toEqual([]);
});

it("S19: at brokers publishers publish, below their prefix or in their namespace, and nobody connects, subscribes or hears", () => {
  const at = (action: string, resource: string, where = "eu-central-1:123456789012"): Need => {
    const [service] = action.split(":");
    return { action, resource: `arn:aws:${service}:${where}:${resource}` };
  };
  const channels = "apis/a1b2c3d4e5/channelNamespace/scores";
  expect(whoMay(at("iot:Publish", "topic/myapp/dev/news/all/x"))).toEqual([
    "Publisher on IoT Core",
  ]);
  expect(whoMay(at("iot:DeleteConnection", "client/myapp-dev-x"))).toEqual([
    "disconnect on IoT Core",
    "Direct delivery on IoT Core",
  ]);
  expect(whoMay(at("iot:SendDirectMessage", "client/myapp-dev-x"))).toEqual([
    "Direct delivery on IoT Core",
  ]);
  expect(whoMay(at("appsync:EventPublish", channels))).toEqual(["Publisher on AppSync Events"]);
  for (const need of [
    at("iot:Publish", "topic/myapp/develop/news/all/x"),
    at("iot:Publish", "topic/$aws/things/x/shadow/update"),
    at("iot:Publish", "topic/myapp/dev/news/all/x", "eu-central-1:999999999999"),
    at("iot:DeleteConnection", "client/myapp-prod-x"),
    at("iot:SendDirectMessage", "client/myapp-prod-x"),
    at("appsync:EventPublish", `${channels}2`),
    at("appsync:EventPublish", channels.replace("a1b2c3d4e5", "other")),
    at("appsync:EventSubscribe", channels),
    at("appsync:EventConnect", "apis/a1b2c3d4e5"),
    at("iot:Connect", "client/myapp-dev-x"),
    at("iot:Receive", "topic/myapp/dev/news/all/x"),
    at("iot:RetainPublish", "topic/myapp/dev/news/all/x"),
    at("iot:Subscribe", "topicfilter/myapp/dev/news/all/x"),
  ]) {
    expect(whoMay(need)).toEqual([]);
  }
});

it(
  "S19: handlers and a publisher work in a namespace of a shared table with its policy, and need all of it",
  async () => {
    const role = "Development on a shared table";
    const roles = { connect: role, disconnect: role, default: role };
    const cloud = await startCloud(roles, { namespace: "dev-ann" });
    await clientStory(cloud);
    const publisher = cloud.publisherOf(role);
    await publishStory(cloud, publisher);
    await cursorStory(publisher);
    await historyStory(cloud, publisher);
    await fenceStory(cloud, publisher);
    await endStory(cloud, publisher);
    expect(cloud.role(role).denied).toEqual([]);
    expect(unusedOf(cloud.role(role))).toEqual([]);
  },
  limitMs(60_000),
);

it("S19: and are refused the rows of another namespace, those of none, and a scan", async () => {
  const role = "Development on a shared table";
  const roles = { connect: role, disconnect: role, default: role };
  const cloud = await startCloud(roles, { namespace: "dev-ann" });
  const account = { region: "us-east-1", account: "000000000000" };
  const dynamoDBClient = emulatorClient();
  onTestFinished(() => dynamoDBClient.destroy());
  cloud.role(role).assume(dynamoDBClient, (request) => dynamoDBNeeds(account, request));
  const { tableName } = cloud.table;
  for (const namespace of [{ namespace: "dev-annabel" }, {}]) {
    const store = dynamodb({ tableName, dynamoDBClient, ...namespace });
    await expect(store.getConnection("abc=")).rejects.toThrow("not authorized");
  }
  const Key = { pk: { S: "secret#cursor" }, sk: { S: "secret#cursor" } };
  for (const command of [
    new GetItemCommand({ TableName: tableName, Key }),
    new ScanCommand({ TableName: tableName }),
  ]) {
    await expect(dynamoDBClient.send(command as never)).rejects.toThrow(
      expect.objectContaining({ name: "AccessDeniedException" }),
    );
  }
});
