import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { appSyncTransport } from "../../../../src/adapters/appsync-events/transport.ts";
import type { TopicOutcome } from "../../../../src/broadcast/broker.ts";
import type { AppSyncEventsObservation } from "../../../../src/testing/index.ts";
import { API_KEY, testApi } from "../../testing/appsync-events/rawClient.ts";

const CREDENTIALS = { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "session" };
const forever = (): AbortSignal => new AbortController().signal;
const message = (topic: string, n: number) => ({ topic, body: JSON.stringify({ n }) });
const statuses = (outcomes: readonly TopicOutcome[]): readonly string[] =>
  outcomes.map((outcome) => (outcome.status === "sent" ? "sent" : outcome.error.failure));

/** Emulator with a note of what was broadcast. */
async function recordingApi(options: Parameters<typeof testApi>[0] = {}) {
  const published: string[] = [];
  const onEvent = (event: AppSyncEventsObservation): void => {
    if (event.type !== "published") return;
    published.push(...event.events.map((text) => `${event.channel} ${text}`));
  };
  return { api: await testApi({ onEvent, ...options }), published };
}

/** A server that says what it is told to, and nothing else. */
async function server(listener: RequestListener): Promise<string> {
  const http = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  await new Promise((resolve) => http.once("listening", resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

describe("publishing", () => {
  it("sends with an API key, five events of a channel in one request, in their order", async () => {
    const requests: number[] = [];
    const { api, published } = await recordingApi({
      onPublishRequest: (body) => {
        requests.push((JSON.parse(body) as { readonly events: unknown[] }).events.length);
        return undefined;
      },
    });
    const transport = appSyncTransport({ url: api.url, apiKey: API_KEY });
    const messages = [0, 1, 2, 3, 4, 5].map((n) => message("/default/a", n));
    const outcomes = await transport.publish([...messages, message("/default/b", 6)], {
      signal: forever(),
    });
    expect(statuses(outcomes)).toEqual(Array.from({ length: 7 }, () => "sent"));
    expect(requests.toSorted()).toEqual([1, 1, 5]);
    const ofA = published.filter((text) => text.startsWith("/default/a"));
    expect(ofA.toSorted()).toEqual(messages.map(({ topic, body }) => `${topic} ${body}`));
  });

  it("keeps a request below the quota when quotes make its events twice as large", async () => {
    const { api, published } = await recordingApi();
    const transport = appSyncTransport({ url: api.url, apiKey: API_KEY });
    const body = JSON.stringify('"'.repeat(119_000));
    const messages = [1, 2, 3].map(() => ({ topic: "/default/a", body }));
    const outcomes = await transport.publish(messages, { signal: forever() });
    expect(statuses(outcomes)).toEqual(["sent", "sent", "sent"]);
    expect(published).toHaveLength(3);
  });

  it.each([
    ["given", async () => CREDENTIALS],
    ["those of Lambda's environment", undefined],
  ])("signs with IAM, credentials being %s", async (_, credentials) => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", CREDENTIALS.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", CREDENTIALS.secretAccessKey);
    vi.stubEnv("AWS_SESSION_TOKEN", CREDENTIALS.sessionToken);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { api } = await recordingApi({ apiKeys: [], credentials: [CREDENTIALS] });
    const url = api.url.replace("/event", "");
    const sign = { url, region: "us-east-1", ...(credentials && { credentials }) };
    const publish = (options: Parameters<typeof appSyncTransport>[0]) =>
      appSyncTransport(options).publish([message("/default/a", 1)], { signal: forever() });
    expect(statuses(await publish(sign))).toEqual(["sent"]);
    expect(statuses(await publish({ ...sign, region: "eu-west-1" }))).toEqual(["forbidden"]);
  });

  it("says what is missing where there are no credentials", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "");
    onTestFinished(() => void vi.unstubAllEnvs());
    const transport = appSyncTransport({ url: "http://127.0.0.1:1", region: "us-east-1" });
    const [outcome] = await transport.publish([message("/a/b", 1)], { signal: forever() });
    expect(outcome).toMatchObject({
      status: "failed",
      error: { failure: "forbidden", message: expect.stringContaining("fromNodeProviderChain") },
    });
  });
});

it("has no more than fifty requests of a publish under way", async () => {
  const waiting: (() => void)[] = [];
  let received = 0;
  let most = 0;
  const answerAll = (): void => {
    most = Math.max(most, waiting.length);
    for (const answer of waiting.splice(0)) answer();
  };
  const url = await server((request, response) => {
    request.resume().on("end", () => {
      const answer = { successful: [{ index: 0, identifier: "a" }], failed: [] };
      waiting.push(() => response.end(JSON.stringify(answer)));
      received++;
      // Whatever is sent beyond the fiftieth comes in the meantime.
      if (waiting.length === 50 || received === 120) setTimeout(answerAll, 20);
    });
  });
  const transport = appSyncTransport({ url, apiKey: API_KEY, requestTimeoutMs: Infinity });
  const messages = Array.from({ length: 120 }, (_, n) => message(`/default/c${n}`, n));
  const outcomes = await transport.publish(messages, { signal: forever() });
  expect(statuses(outcomes).filter((status) => status === "sent")).toHaveLength(120);
  expect(most).toBe(50);
});

describe("a failure", () => {
  it("of some events is theirs alone; those that may pass are sent again, the others are not", async () => {
    const bodies: string[][] = [];
    const failures = [
      { index: 1, identifier: "b", code: 400, message: "no" },
      { index: 2, identifier: "c", errorCode: 429, errorMessage: "slow down" },
    ];
    const { api, published } = await recordingApi({
      onPublishRequest: (body) => {
        bodies.push((JSON.parse(body) as { readonly events: string[] }).events);
        if (bodies.length > 1) return undefined;
        const successful = [{ index: 0, identifier: "a" }];
        return { statusCode: 200, body: { successful, failed: failures } };
      },
    });
    const transport = appSyncTransport({ url: api.url, apiKey: API_KEY });
    const messages = [0, 1, 2, 3].map((n) => message("/default/a", n));
    const outcomes = await transport.publish(messages, { signal: forever() });
    expect(statuses(outcomes)).toEqual(["sent", "unknown", "sent", "unknown"]);
    expect(bodies.slice(1)).toEqual([['{"n":2}']]);
    expect(published).toEqual(['/default/a {"n":2}']);
    expect(outcomes[3]).toMatchObject({
      error: { message: expect.stringContaining("neither successful nor failed") },
    });
  });

  it("that passes is tried again: throttling, a fault of AppSync, an answer that does not come", async () => {
    const faults = [{ statusCode: 429 }, { statusCode: 503, body: "no JSON" }, "hang"] as const;
    let requests = 0;
    const { api, published } = await recordingApi({ onPublishRequest: () => faults[requests++] });
    const transport = appSyncTransport({ url: api.url, apiKey: API_KEY, requestTimeoutMs: 50 });
    const outcomes = await transport.publish([message("/default/a", 1)], { signal: forever() });
    expect(statuses(outcomes)).toEqual(["sent"]);
    // More than one for each fault where this machine took longer than the time for a request.
    expect(requests).toBeGreaterThan(faults.length);
    expect(published.length).toBeGreaterThan(0);
  });

  it.each([
    [401, "forbidden"],
    [403, "forbidden"],
    [413, "tooLarge"],
    [400, "unknown"],
    [307, "unknown"],
  ])("with the status %i is final: %s", async (statusCode, failure) => {
    let requests = 0;
    const { api } = await recordingApi({
      onPublishRequest: () => {
        requests++;
        return { statusCode };
      },
    });
    const transport = appSyncTransport({ url: api.url, apiKey: API_KEY });
    const outcomes = await transport.publish([message("/default/a", 1)], { signal: forever() });
    expect([statuses(outcomes), requests]).toEqual([[failure], 1]);
  });

  it("to answer ends with the signal, and nothing goes on behind it", async () => {
    let requests = 0;
    const deadline = new AbortController();
    const url = await server(() => {
      requests++;
      deadline.abort();
    });
    const transport = appSyncTransport({ url, apiKey: API_KEY, requestTimeoutMs: Infinity });
    const publish = () => transport.publish([message("/a/b", 1)], { signal: deadline.signal });
    expect(statuses(await publish())).toEqual(["transient"]);
    expect(statuses(await publish())).toEqual(["transient"]);
    expect(requests).toBe(1);
  });
});
