import { tracked } from "@trpc/server";
import { expect, it } from "vitest";
import { createWorld } from "../appsync-events/world.ts";
import { startAmplify } from "./amplifyClient.ts";

it("Amplify hears the channels of a grant, and neither those of others nor a wildcard", async () => {
  const world = await createWorld();
  const [mine, bobs] = [await world.grant("alice"), await world.grant("bob")];
  await using amplify = await startAmplify({ endpoint: world.api.url, authMode: "lambda" });
  const subscribe = (channel: string) =>
    amplify.call("subscribe", { name: channel, channel, authToken: mine.token });
  for (const topic of mine.topics) await subscribe(topic);
  const others = bobs.topics.filter((topic) => !mine.topics.includes(topic));
  for (const channel of [...others, "/myapp/*", `${mine.topics[0]?.replace(/[^/]*$/, "*")}`]) {
    await expect(subscribe(channel)).rejects.toThrow("UnauthorizedException");
  }

  const { publish } = world.publisher.routes.chat.onMessage;
  const say = (text: string) => ({ data: tracked(text, { text }) });
  await publish({ ...say("bob's"), filter: { name: "mine", ctx: { userId: "bob" } } });
  await publish({ ...say("alice's"), filter: { name: "mine", ctx: { userId: "alice" } } });
  await publish(say("everybody's"));
  const heard = await amplify.waitFor(2);
  expect(heard.map(({ event }) => (event as { readonly i: string }).i)).toEqual([
    "alice's",
    "everybody's",
  ]);
  const [channel] = mine.topics;
  const post = amplify.call("post", { channel, event: { m: "forged" }, authToken: mine.token });
  await expect(post).rejects.toThrow();
});
