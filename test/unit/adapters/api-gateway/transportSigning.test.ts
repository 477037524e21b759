import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  credentials,
  FakeManagementApi,
  type PathUnderTest,
  paths,
  type Received,
  transportOn,
  wasSent,
} from "./fakeManagementApi.ts";
import { expectedAuthorization } from "./signatureV4.ts";

const { signal } = new AbortController();
const NOW = Date.UTC(2030, 0, 2, 3, 4, 5);

let api: FakeManagementApi;

beforeEach(async () => {
  // A request is copied for a second.
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  api = new FakeManagementApi();
  await api.start();
});

afterEach(async () => {
  await api.stop();
  vi.useRealTimers();
});

const expectedOf = ({ request, body }: Received, keys = credentials): string =>
  expectedAuthorization(
    { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body },
    keys,
  );

const postOnce = async (
  path: PathUnderTest,
  { id = "Ab_c=", frame = "{}", client = path.clientOf(api.endpoint, 4) } = {},
): Promise<Received> => {
  const transport = await transportOn(api, path, api.keep(client));
  await transport.post(id, frame, { signal });
  const [received] = api.received;
  if (received === undefined || api.received.length > 1) throw new Error("not one request");
  expect(wasSent(received)).toBe(path.postPath === "send");
  return received;
};

describe.each(paths)("$name: what is asked", (path) => {
  it.each(["Ab_c=", "L0SM9cOFvHcCIhw=", "a-b_c.d~e", "a/b?c#d%e", "(!*') +é"])(
    "posts to %j, percent-encoded, and signs what arrives",
    async (id) => {
      const received = await postOnce(path, { id });
      const { url = "", method, headers } = received.request;
      const [, encoded = ""] = /^\/prod\/@connections\/([^/?]+)$/.exec(url) ?? [];
      expect(encoded).toMatch(/^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})+$/);
      expect(decodeURIComponent(encoded)).toBe(id);
      expect(method).toBe("POST");
      expect(headers.authorization).toBe(expectedOf(received));
    },
  );

  it.each(["", "/", "/stage", "/a/b%20c"])("keeps the base path %j", async (base) => {
    const { origin } = new URL(api.endpoint);
    const received = await postOnce(path, { client: path.clientOf(origin + base, 4) });
    expect(received.request.url).toBe(`${base === "/" ? "" : base}/@connections/Ab_c%3D`);
    expect(received.request.headers.authorization).toBe(expectedOf(received));
  });

  it.each([
    ["text that is not ASCII", '{"id":1,"data":"é#%\u2028😀"}'],
    ["128 KB", JSON.stringify({ id: 1, data: "ü".repeat(65_000) })],
  ])("brings %s unchanged, and says how long it is", async (_name, frame) => {
    const received = await postOnce(path, { frame });
    expect(received.body).toEqual(Buffer.from(frame));
    expect(received.request.headers["content-length"]).toBe(String(Buffer.byteLength(frame)));
    expect(received.request.headers.authorization).toBe(expectedOf(received));
  });
});

describe.each(paths)("$name: signatures", (path) => {
  it("signs date, host, type, body and session token, for this region and service", async () => {
    const { headers } = (await postOnce(path)).request;
    expect(headers).toMatchObject({
      host: new URL(api.endpoint).host,
      "content-type": "application/octet-stream",
      "x-amz-date": "20300102T030405Z",
      "x-amz-security-token": credentials.sessionToken,
      "user-agent": expect.stringContaining("aws-sdk-js/"),
    });
    expect(headers.authorization).toContain(
      `Credential=${credentials.accessKeyId}/20300102/us-east-1/execute-api/aws4_request`,
    );
    const [, signed = ""] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? "") ?? [];
    expect(signed.split(";")).toEqual(
      expect.arrayContaining([
        "content-type",
        "host",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
      ]),
    );
  });

  it("each of several frames and connections has its own signature", async () => {
    const transport = await transportOn(api, path, api.keep(path.clientOf(api.endpoint, 1)));
    const posts = ["a1", "b1", "a2", "b2"].map((text) => transport.post(text, text, { signal }));
    await Promise.all(posts);
    const arrived = api.received.map(({ request, body }) => [request.url, String(body)]);
    expect(arrived.toSorted()).toEqual(
      ["a1", "a2", "b1", "b2"].map((text) => [`/prod/@connections/${text}`, text]),
    );
    for (const received of api.received) {
      expect(received.request.headers.authorization).toBe(expectedOf(received));
    }
  });
});

describe.each(paths)("$name: clock and credentials", (path) => {
  it("a clock that is wrong is refused once, then corrected by the answer's date", async () => {
    const serverMs = NOW + 60 * 60_000;
    let isChecking = false;
    api.answer = ({ headers }, response) => {
      if (!isChecking) return void response.setHeader("date", new Date(NOW).toUTCString()).end();
      const iso = String(headers["x-amz-date"]).replace(
        /^(....)(..)(..T..)(..)(..Z)$/,
        "$1-$2-$3:$4:$5",
      );
      const isExpired = Math.abs(Date.parse(iso) - serverMs) > 5 * 60_000;
      response.setHeader("date", new Date(serverMs).toUTCString());
      response.setHeader("x-amzn-errortype", "InvalidSignatureException");
      response.writeHead(isExpired ? 403 : 200).end('{"message":"Signature expired"}');
    };
    const transport = await transportOn(api, path, api.keep(path.clientOf(api.endpoint, 4)));
    isChecking = true;
    const outcomes: string[] = [];
    for (let count = 0; count < 4; count++) {
      outcomes.push(
        await transport.post("c", "{}", { signal }).then(
          () => "delivered",
          ({ failure }: { readonly failure: string }) => failure,
        ),
      );
    }
    const refused = path.postPath === "signed" ? 2 : 1;
    expect(outcomes).toEqual(outcomes.map((_, at) => (at < refused ? "forbidden" : "delivered")));
    expect(outcomes).toContain("delivered");
    expect(api.received.map(wasSent).at(-1)).toBe(path.postPath === "send");
  });

  it("takes new credentials when the old ones expire, and fails when there are none", async () => {
    let current: typeof credentials | undefined = credentials;
    const client = new ApiGatewayManagementApiClient({
      endpoint: api.endpoint,
      region: "us-east-1",
      maxAttempts: 1,
      credentials: async () => {
        // The SDK asks again within five minutes of the end.
        if (current !== undefined) return { ...current, expiration: new Date(NOW + 60_000) };
        throw Object.assign(new Error("none left"), { name: "CredentialsProviderError" });
      },
    });
    const transport = await transportOn(api, path, api.keep(client));
    for (const name of ["first", "second"]) {
      current = { accessKeyId: name, secretAccessKey: `${name} secret`, sessionToken: name };
      await transport.post("c", "{}", { signal });
      const [received] = api.received.splice(0);
      if (received === undefined) throw new Error("no request");
      expect(received.request.headers["x-amz-security-token"]).toBe(name);
      expect(received.request.headers.authorization).toBe(expectedOf(received, current));
      expect(wasSent(received)).toBe(path.postPath === "send");
    }
    current = undefined;
    await expect(transport.post("c", "{}", { signal })).rejects.toMatchObject({
      failure: "unknown",
      message: "API Gateway: CredentialsProviderError: none left",
    });
    expect(api.received).toEqual([]);
  });
});
