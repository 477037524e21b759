import type { ConnectOptions, WebSocketConnectEvent } from "trpc-aws-subscriptions";
import { connectEvent } from "trpc-aws-subscriptions/testing";
import { describe, expect, it, vi } from "vitest";
import { adapterOf, t } from "./harness.ts";

const router = t.router({ hello: t.procedure.query(() => "hello") });

const handshake = (headers: Record<string, string>, connect: ConnectOptions<unknown> = {}) =>
  adapterOf(router, { connect }).connect(connectEvent({ headers }));

describe("S10: allowedOrigins", () => {
  const allowedOrigins = ["https://example.com", "http://localhost:3000"];

  it.each([
    ["https://example.com", 200],
    ["http://localhost:3000", 200],
    ["https://evil.com", 403],
    ["null", 403],
    ["", 403],
    ["HTTPS://EXAMPLE.COM", 403],
    ["https://Example.com", 403],
    ["https://example.com/", 403],
    ["https://example.com:443", 403],
    ["http://example.com", 403],
    ["https://evil-example.com", 403],
    ["https://example.com.evil.com", 403],
    ["https://sub.example.com", 403],
    ["https://example.com, https://evil.com", 403],
    ["http://localhost:3001", 403],
    ["__proto__", 403],
  ])("%j gets %i", async (origin, status) => {
    expect(await handshake({ Origin: origin }, { allowedOrigins })).toEqual({ statusCode: status });
  });

  it("is found under any spelling of the header", async () => {
    for (const name of ["origin", "ORIGIN", "oRiGiN"]) {
      const refused = await handshake({ [name]: "https://evil.com" }, { allowedOrigins });
      expect(refused.statusCode).toBe(403);
    }
  });

  it("lets through who is no browser: no Origin and no cookie", async () => {
    expect((await handshake({}, { allowedOrigins })).statusCode).toBe(200);
    for (const name of ["Cookie", "cookie"]) {
      expect((await handshake({ [name]: "sid=1" }, { allowedOrigins })).statusCode).toBe(403);
    }
    const right = { Cookie: "sid=1", Origin: "https://example.com" };
    expect((await handshake(right, { allowedOrigins })).statusCode).toBe(200);
  });

  it("an empty list allows no page; no list all of them", async () => {
    const page = { Origin: "https://example.com" };
    expect((await handshake(page, { allowedOrigins: [] })).statusCode).toBe(403);
    expect((await handshake(page)).statusCode).toBe(200);
  });

  it("null as a sandboxed page's origin can be allowed by name", async () => {
    expect((await handshake({ Origin: "null" }, { allowedOrigins: ["null"] })).statusCode).toBe(
      200,
    );
  });

  it("is asked before authorize", async () => {
    const authorize = vi.fn(() => ({ session: 1 }));
    await handshake({ Origin: "https://evil.com" }, { allowedOrigins, authorize });
    expect(authorize).not.toHaveBeenCalled();
  });
});

describe("R10: subprotocols", () => {
  it.each([
    ["trpc", "trpc"],
    ["trpc, auth.abc", "trpc"],
    ["  trpc  ,x", "trpc"],
    ["auth.abc,trpc", "auth.abc"],
  ])("offered %j: %j comes back", async (offered, chosen) => {
    for (const name of ["Sec-WebSocket-Protocol", "sec-websocket-protocol"]) {
      expect(await handshake({ [name]: offered })).toEqual({
        statusCode: 200,
        headers: { "Sec-WebSocket-Protocol": chosen },
      });
    }
  });

  it.each([{}, { "Sec-WebSocket-Protocol": "" }, { "Sec-WebSocket-Protocol": " " }])(
    "none offered with %j, none comes back",
    async (headers) => {
      expect(await handshake(headers)).toEqual({ statusCode: 200 });
    },
  );
});

describe("what authorize is given", () => {
  const given = async (event: WebSocketConnectEvent) => {
    const authorize = vi.fn(() => ({ session: 1 }));
    const context = { awsRequestId: "r" };
    await adapterOf(router, { connect: { authorize } }).connect(event, context);
    expect(authorize).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ event, context }));
    const [[options]] = authorize.mock.calls as unknown as [[Record<string, unknown>]];
    return options;
  };

  it("headers by lower-case name, the query string and the connection", async () => {
    const event = connectEvent({
      connectionId: "Ab_c=",
      headers: { AUTHORIZATION: "Bearer t", "X-Tenant": "a" },
      query: { token: "t", room: "#%é" },
      requestContext: { connectedAt: 1_731_324_924_553 },
    });
    expect(await given(event)).toMatchObject({
      headers: { authorization: "Bearer t", "x-tenant": "a" },
      query: { token: "t", room: "#%é" },
      connection: { id: "Ab_c=", connectedAt: new Date(1_731_324_924_553) },
    });
  });

  it.each([{}, { queryStringParameters: null }, { headers: undefined }])(
    "empty records for an event with %j",
    async (fields) => {
      const { headers: _, ...event } = connectEvent();
      const options = await given({ ...event, ...fields } as WebSocketConnectEvent);
      expect(options["headers"]).toEqual({});
      expect(options["query"]).toEqual({});
    },
  );
});
