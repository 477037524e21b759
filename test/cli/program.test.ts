import { describe, expect, it } from "vitest";
import { runCli } from "./cliProcess.ts";
import { callCli } from "./inProcess.ts";

const INSPECT = ["inspect", "--table", "t"] as const;

describe("wrong usage gets one line", () => {
  it.each([
    [["dev"], /^error: missing required argument 'handlers' See --help\.$/],
    [
      ["dev", "x.ts", "--prot", "1"],
      /unknown option '--prot' \(Did you mean --port\?\) See --help\.$/,
    ],
    [["dev", "x.ts", "--port", "65536"], /'65536' is invalid\. A port is a number from 0 to 65535/],
    [["dev", "x.ts", "--port", "1e3"], /'1e3' is invalid/],
    [["dev", "x.ts", "y.ts"], /too many arguments/],
    [["develop"], /unknown command 'develop' See --help\.$/],
    [["inspect"], /required option '-t, --table <name>' not specified/],
    [
      [...INSPECT, "--filter", "{a"],
      /It is not JSON \(.*\)\. Write it in single quotes: '\{"name"/,
    ],
    [[...INSPECT, "--filter", '{"name":"f","input":{"n":{"$bigint":"x"}}}'], /It is not JSON/],
    [[...INSPECT, "--subscription", "abc"], /Write it as <connectionId>\/<id>/],
    [[...INSPECT, "--subscription", "/1"], /Write it as <connectionId>\/<id>/],
    [[...INSPECT, "--api", "abc"], /Write it as <apiId>\/<stage>/],
    [[...INSPECT, "--endpoint", "127.0.0.1:8000"], /Give the URL of a DynamoDB, for example http:/],
    [[...INSPECT, "--endpoint", "localhost:8000"], /Give the URL of a DynamoDB/],
    [[...INSPECT, "--shards", "0"], /The number of shards is 1 or more/],
  ] as const)("%j", async (args, line) => {
    const { exitCode, stdout, stderr } = await callCli(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(line);
    expect(stderr).not.toContain("\n");
  });

  it("and exit code 2, which the process has", async () => {
    expect(await runCli(["dev", "--port", "x"])).toMatchObject({ exitCode: 2, stdout: "" });
  });
});

describe("help", () => {
  it("is an answer, not an error", async () => {
    const { exitCode, stdout, stderr } = await callCli(["inspect", "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("Examples:\n  npx trpc-aws-subscriptions inspect --table chat\n");
    expect(stdout).toContain("Exit code: 0, 1 when the table cannot be read or has no TTL, 2");
  });
});
