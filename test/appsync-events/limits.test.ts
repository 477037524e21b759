import { tracked } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { chainOn, createWorld } from "./world.ts";

const LONG = "n".repeat(51);

describe("appsync()", () => {
  it.each([["myapp"], ["/myapp"], ["myapp/tenant"], ["n".repeat(50)]])(
    "takes the namespace %s",
    (namespace) => {
      expect(() => chainOn({ namespace })).not.toThrow();
    },
  );

  it.each([
    [{ namespace: LONG }, "TOPIC_NAME", "51 characters; 50 are the most"],
    [{ namespace: "myapp/tenant/more" }, "TOPIC_NAME", "6 segments; 5 are the most"],
    [{ namespace: "my_app" }, "TOPIC_NAME", 'the segment "my_app"'],
    [{ namespace: "myapp/" }, "TOPIC_NAME", 'the segment ""'],
    [{ namespace: "myapp/*" }, "TOPIC_NAME", 'the segment "*"'],
    [{ namespace: "" }, "BUILDER", "namespace is missing"],
    [{ namespace: undefined as never }, "BUILDER", "namespace is missing"],
    [{ secret: "short" }, "BUILDER", "at least 32 are needed"],
    [{ grantTtlMs: 0 }, "BUILDER", "grantTtlMs"],
    [{ url: "myapp" }, "INVALID_ENDPOINT", "not a URL"],
  ])("refuses %j when it is called", (options, code, problem) => {
    const make = () => chainOn(options).authorizer();
    expect(make).toThrow(expect.objectContaining({ code }));
    expect(make).toThrow(problem);
  });
});

describe("what AppSync would not bring", () => {
  it("is refused before anything is sent", async () => {
    let requests = 0;
    const { publisher } = await createWorld({
      api: {
        onPublishRequest: () => {
          requests++;
          return undefined;
        },
      },
    });
    const { publish } = publisher.routes.chat.onMessage;
    const ofSize = (characters: number) => tracked("id", { text: "é".repeat(characters / 2) });
    await expect(publish({ data: ofSize(240_000) })).rejects.toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      maxBytes: 240_000,
      message: expect.stringContaining("AppSync Events delivers at most 240000"),
    });
    expect(requests).toBe(0);
    expect(await publish({ data: ofSize(239_000) })).toMatchObject({ sent: 1, failed: 0 });
  });

  it("partly is told in the report, and altogether rejects", async () => {
    const errors: string[] = [];
    let refuse = (_body: string): boolean => false;
    const world = await createWorld({
      api: {
        onPublishRequest: (body) => (refuse(body) ? { statusCode: 403 } : undefined),
      },
    });
    const publisher = world.chain.publisher({
      url: world.api.url,
      apiKey: "da2-local",
      onError: ({ error, path }) => errors.push(`${path}: ${error.message}`),
    });
    const { publish } = publisher.routes.chat.onMessage;
    const room = { name: "room", input: { room: "red", agent: "a" } } as const;
    const data = tracked("id", { text: "text" });
    const bodies: string[] = [];
    refuse = (body) => bodies.push(body) === 1;
    // An optional field takes two channels.
    expect(await publish({ data, filter: room })).toMatchObject({ topics: 2, sent: 1, failed: 1 });
    expect(errors).toEqual([expect.stringMatching(/^chat\.onMessage: .*403.*EventPublish/)]);
    refuse = () => true;
    await expect(publish({ data, filter: room })).rejects.toMatchObject({
      code: "TRANSPORT",
      failure: "forbidden",
    });
  });
});
