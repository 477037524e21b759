import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { CreateTableCommand, UpdateTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { table } from "trpc-aws-subscriptions";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { WebSocket } from "ws";
import { emulatorClient } from "../testTable.ts";
import { type CliResult, runCli, startCli } from "./cliProcess.ts";
import { callCli } from "./inProcess.ts";
import { createProject, type Project } from "./project.ts";

let project: Project;
beforeAll(() => {
  project = createProject();
});
afterAll(() => project.remove());

/** The line that `dev` ends with. */
async function problemOf(args: readonly string[]): Promise<string> {
  return onlyLine(await runDev(args), 1);
}

/** The line that `dev` ends with before it has started anything. */
async function refusalOf(args: readonly string[]): Promise<string> {
  return onlyLine(await callCli(["dev", ...args]), 1);
}

function runDev(args: readonly string[]): Promise<CliResult> {
  const environment = { DYNAMODB_ENDPOINT: inject("dynamoDBEndpoint") };
  return runCli(["dev", "--port", "0", ...args], { cwd: project.folder, environment });
}

function onlyLine({ exitCode, stdout, stderr }: CliResult, expected: number): string {
  expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: "" });
  expect(stderr).not.toContain("\n");
  return stderr;
}

const SINGLE = "export const webSocketHandler = async () => ({ statusCode: 200 });";

describe.concurrent("dev ends with one line", () => {
  it("for a file that is not there, and for a folder", async () => {
    expect(await refusalOf([join(project.folder, "nothing.ts")])).toBe(
      `error: there is no file ${join(project.folder, "nothing.ts")}. Give the module that exports your handlers, for example ./src/handlers.ts`,
    );
    expect(await refusalOf([project.folder])).toContain(`there is no file ${project.folder}.`);
  });

  it("for a file of variables that is not there", async () => {
    const file = project.write("single.mjs", SINGLE);
    expect(await refusalOf([file, "--env", "no.env"])).toBe(
      "error: --env no.env cannot be read. Correct the path.",
    );
  });

  it("for a port in use", async () => {
    project.write("single.mjs", SINGLE);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await problemOf(["single.mjs", "--port", String(port)])).toBe(
      `error: port ${port} is in use. Give another with --port, or --port 0 for a free one.`,
    );
    server.close();
  });

  it("for a module that lacks exports", async () => {
    project.write("lacking.mjs", "export const connect = () => {}; export const handler = 1;");
    expect(await problemOf(["lacking.mjs"])).toBe(
      "error: lacking.mjs does not export disconnect and handler. Export connect, disconnect and handler, or one webSocketHandler (functions; worker is optional).",
    );
  });

  it("for a module that throws, with its stack only when it is asked for", async () => {
    project.write(
      "throwing.ts",
      'const problem: string = "no\\nx";\nthrow new TypeError(problem);',
    );
    const line = "error: throwing.ts cannot be loaded: TypeError: no x";
    expect(await problemOf(["throwing.ts"])).toBe(line);
    const { stderr } = await runDev(["throwing.ts", "--verbose"]);
    expect(stderr).toContain(`${line}\n`);
    expect(stderr).toMatch(/caused by TypeError: no\nx\n +at .*throwing\.ts/);
  });

  it("for a module that ends its process", async () => {
    project.write("ending.cjs", "process.exit(3);");
    expect(await problemOf(["ending.cjs"])).toBe(
      "error: ending.cjs cannot be loaded: Error: its process ended (exit code 3)",
    );
  });

  it("for a table whose TTL is on another attribute", async () => {
    project.write("single.mjs", SINGLE);
    const tableName = `other-${randomUUID()}`;
    await createTableWithTtl(tableName, "until");
    expect(await problemOf(["single.mjs", "--table", tableName])).toBe(
      `error: table "${tableName}" has its TTL on "until": expired rows are never deleted, and paid for. Switch TTL on for attribute "expireAt". Or give another --table.`,
    );
  });
});

it("serves one webSocketHandler of a plain module, and tells of handlers that die", async () => {
  project.write(
    "dying.mjs",
    `export const webSocketHandler = async ({ body, requestContext }) => {
      if (body === "die") process.exit(4);
      return { statusCode: requestContext.eventType === "CONNECT" ? 201 : 200 };
    };`,
  );
  const cli = startCli(["dev", "dying.mjs", "--port", "0"], { cwd: project.folder });
  try {
    const url = /ws:\S+/.exec(await cli.line((line) => line.includes("ready")))?.[0] ?? "";
    await cli.line((line) => line.includes("TABLE_NAME=dev QUEUE_URL=http"));
    const socket = new WebSocket(url);
    await once(socket, "open");
    expect(await cli.line((line) => / {2}connect {2}/.test(line))).toMatch(/ 201 {2}[\d.]+ ms$/);
    socket.send("die");
    expect(await cli.line((line) => line.includes("malformed"))).toMatch(
      /threw Error: the handlers' process ended \(exit code 4\)/,
    );
    socket.send("PING");
    expect(await cli.line((line) => line.includes("ping"))).not.toContain("threw");
    socket.close();
    await cli.line((line) => / {2}disconnect {2}/.test(line));
    cli.signal("SIGTERM");
    expect(await cli.ended).toMatchObject({ exitCode: 0, stderr: "" });
  } finally {
    cli.signal("SIGKILL");
  }
});

async function createTableWithTtl(tableName: string, attribute: string): Promise<void> {
  const client = emulatorClient();
  const names = [table.partitionKey.name, table.sortKey.name] as const;
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [
        { AttributeName: names[0], KeyType: "HASH" },
        { AttributeName: names[1], KeyType: "RANGE" },
      ],
    }),
  );
  const TimeToLiveSpecification = { AttributeName: attribute, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification }));
  client.destroy();
}
