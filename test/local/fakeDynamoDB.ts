import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { LocalDynamoDBClientConfig } from "../../src/local/index.ts";

/** What a DynamoDB answers: an object, or the name of an error. */
export type FakeAnswer = object | string;

/** What was asked of it. */
export interface FakeCall {
  /** For example `GetRecords`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface FakeDynamoDB {
  readonly dynamoDB: LocalDynamoDBClientConfig;
  readonly calls: readonly FakeCall[];
}

/** A DynamoDB that answers as it is told; ends with the test. */
export async function fakeDynamoDB(answer: (call: FakeCall) => FakeAnswer): Promise<FakeDynamoDB> {
  const calls: FakeCall[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
    const call = { operation, input: JSON.parse(body) };
    calls.push(call);
    const answered = answer(call);
    response.statusCode = typeof answered === "string" ? 400 : 200;
    response.setHeader("content-type", "application/x-amz-json-1.0");
    response.end(
      JSON.stringify(
        typeof answered === "string" ? { __type: `com.amazonaws#${answered}` } : answered,
      ),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return { dynamoDB: { endpoint, region: "local", credentials }, calls };
}
