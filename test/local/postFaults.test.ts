import { expect, test } from "vitest";
import type { PostFault } from "../../src/local/index.ts";
import { gate, Observer, TestClient, testGateway } from "./testGateway.ts";

interface Setup {
  readonly client: TestClient;
  readonly observer: Observer;
  post(body: string, signal?: AbortSignal): Promise<Response>;
}

async function faulty(fault: PostFault | "hang"): Promise<Setup> {
  const observer = new Observer();
  const gateway = await testGateway({
    handlers: {},
    onPost: (_connectionId, body) => (body === "faulty" ? fault : undefined),
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  const [connectionId = ""] = gateway.connectionIds();
  const url = `${gateway.endpoint}/@connections/${encodeURIComponent(connectionId)}`;
  return {
    client,
    observer,
    post: (body, signal = AbortSignal.timeout(10_000)) =>
      fetch(url, { method: "POST", body, signal }),
  };
}

test.each([
  [403, "ForbiddenException"],
  [410, "GoneException"],
  [413, "PayloadTooLargeException"],
  [429, "LimitExceededException"],
  [500, null],
])("a fault of %i is answered as %s and not delivered", async (statusCode, errorName) => {
  const { client, post } = await faulty({ statusCode });
  const response = await post("faulty");
  expect(response.status).toBe(statusCode);
  expect(response.headers.get("x-amzn-errortype")).toBe(errorName);
  expect((await post("good")).status).toBe(200);
  expect(await client.next()).toBe("good");
});

test("a fault may have another name, or none", async () => {
  const named = await faulty({ statusCode: 403, errorName: "AccessDeniedException" });
  const response = await named.post("faulty");
  expect(response.headers.get("x-amzn-errortype")).toBe("AccessDeniedException");
  const nameless = await faulty({ statusCode: 410, errorName: "" });
  expect((await nameless.post("faulty")).headers.has("x-amzn-errortype")).toBe(false);
});

test("a fault may come after the message was delivered", async () => {
  const { client, post } = await faulty({ statusCode: 500, delivered: true });
  expect((await post("faulty")).status).toBe(500);
  expect(await client.next()).toBe("faulty");
});

test("a post that hangs is never answered, and cut when the gateway stops", async () => {
  const observer = new Observer();
  const outcome = gate<string>();
  const gateway = await testGateway({
    handlers: {
      default: async ({ requestContext }) => {
        const url = `${gateway.endpoint}/@connections/${encodeURIComponent(requestContext.connectionId)}`;
        const post = fetch(url, { method: "POST", body: "hi" });
        outcome.open(
          await post.then(
            () => "answered",
            () => "cut",
          ),
        );
      },
    },
    onPost: () => "hang",
    onEvent: observer.onEvent,
  });
  const { socket } = await TestClient.open(gateway.url);
  socket.send("hi");
  expect(await observer.first("management")).toMatchObject({ statusCode: undefined, body: "hi" });
  await gateway.stop();
  expect(await outcome.opened).toBe("cut");
});
