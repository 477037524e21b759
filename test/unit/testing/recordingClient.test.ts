import {
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import {
  connectEvent,
  disconnectEvent,
  memory,
  messageEvent,
  type Post,
  recordingClient,
} from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const post = (ConnectionId: string, Data: string | Uint8Array) =>
  new PostToConnectionCommand({ ConnectionId, Data });

describe("recordingClient", () => {
  it("records what is posted, in order, and parses it per connection", async () => {
    const { client, posts, messages } = recordingClient();
    await client.send(post("alice_-=", '{"id":1,"é":"#"}'));
    await client.send(post("bob", "PONG"));
    await client.send(post("alice_-=", new TextEncoder().encode('{"id":"ü"}')));
    expect(posts).toEqual([
      { connectionId: "alice_-=", frame: '{"id":1,"é":"#"}' },
      { connectionId: "bob", frame: "PONG" },
      { connectionId: "alice_-=", frame: '{"id":"ü"}' },
    ]);
    expect(messages("alice_-=")).toEqual([{ id: 1, é: "#" }, { id: "ü" }]);
    expect(messages("bob")).toEqual(["PONG"]);
    expect(messages("nobody")).toEqual([]);
  });

  it.each([
    [410, "GoneException"],
    [429, "LimitExceededException"],
    [413, "PayloadTooLargeException"],
    [403, "ForbiddenException"],
    [400, "BadRequestException"],
    [500, "Unknown"],
  ])("answers with %i as API Gateway does, once, and records nothing", async (status, name) => {
    const asked: Post[] = [];
    const { client, posts } = recordingClient({
      onPost: (given) => {
        asked.push(given);
        return status;
      },
    });
    await expect(client.send(post("alice", "{}"))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status, attempts: 1 },
    });
    expect(asked).toEqual([{ connectionId: "alice", frame: "{}" }]);
    expect(posts).toEqual([]);
  });

  it("closes connections: they are gone from then on", async () => {
    const { client, closed, posts } = recordingClient();
    await client.send(new GetConnectionCommand({ ConnectionId: "alice" }));
    await client.send(new DeleteConnectionCommand({ ConnectionId: "alice" }));
    expect(closed).toEqual(["alice"]);
    for (const command of [
      post("alice", "{}"),
      new DeleteConnectionCommand({ ConnectionId: "alice" }),
    ]) {
      await expect(client.send(command as never)).rejects.toMatchObject({ name: "GoneException" });
    }
    expect(posts).toEqual([]);
    await client.send(post("bob", "{}"));
    expect(posts).toHaveLength(1);
  });
});

describe("a user's test", () => {
  const subscriptions = initSubscriptions<{ userId: string }>();
  const t = initTRPC.context<{ userId: string }>().create();
  const router = t.router({
    onPing: t.procedure
      .input(z.object({ room: z.string() }))
      .subscription(subscriptions.resolver<string>()),
  });
  const chain = subscriptions
    .router({ router })
    .store({ store: memory() })
    .routes.onPing.filter({ name: "mine", ctx: { userId: true } });

  it("connects, subscribes, publishes, revokes and disconnects without AWS", async () => {
    const { client, endpoint, messages, closed } = recordingClient();
    const connect = chain.connect({
      authorize: ({ query }) => ({ session: { userId: query["user"] ?? "" } }),
    });
    const [handler, disconnect] = [chain.handler({ client }), chain.disconnect()];
    const publisher = chain.publisher({ client, endpoint });
    for (const user of ["alice", "bob"]) {
      await connect(connectEvent({ connectionId: user, query: { user } }));
      const params = { path: "onPing", input: { room: "lobby" } };
      const frame = { id: 1, method: "subscription", params };
      await handler(messageEvent(frame, { connectionId: user }));
      expect(messages(user)).toEqual([{ id: 1, result: { type: "started" } }]);
    }

    const filter = { name: "mine", ctx: { userId: "alice" } } as const;
    const report = await publisher.routes.onPing.publish({ data: "hi", filter });
    expect(report).toMatchObject({ matched: 1, delivered: 1, complete: true });
    expect(messages("alice")[1]).toEqual({ id: 1, result: { type: "data", data: "hi" } });
    expect(messages("bob")).toHaveLength(1);

    await publisher.disconnect("alice");
    expect(closed).toEqual(["alice"]);
    await disconnect(disconnectEvent({ connectionId: "bob" }));
    expect(await publisher.routes.onPing.count()).toBe(0);
  });
});
