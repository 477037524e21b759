import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import {
  connectEvent,
  memory,
  messageEvent,
  recordingClient,
} from "trpc-aws-subscriptions/testing";
import { expect, it } from "vitest";

/** One subscriber of a store, and a publisher for it. */
async function subscribed(store: Store) {
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const router = t.router({
    onEvent: t.procedure.subscription(subscriptions.resolver<string>()),
  });
  const app = subscriptions.router({ router }).store({ store });
  const { client, endpoint, messages } = recordingClient();
  await app.connect()(connectEvent());
  const request = { id: 1, method: "subscription", params: { path: "onEvent" } };
  await app.handler({ client })(messageEvent(request));
  const { onEvent } = app.publisher({ client, endpoint }).routes;
  return { onEvent, messages: () => messages("connection") };
}

const started = { id: 1, result: { type: "started" } };

it("complete: a live subscription is ended and told", async () => {
  const { onEvent, messages } = await subscribed(memory());
  expect(await onEvent.complete()).toMatchObject({ matched: 1, delivered: 1 });
  expect(messages()).toEqual([started, { id: 1, result: { type: "stopped" } }]);
});

it("complete: one that stopped since its row was read is not told, its id may be in use again", async () => {
  const store = memory();
  const overtaken: Store = {
    ...store,
    async stop(request) {
      await store.stop(request);
      return store.stop(request);
    },
  };
  const { onEvent, messages } = await subscribed(overtaken);
  expect(await onEvent.complete()).toMatchObject({ matched: 0, delivered: 0, failed: 0 });
  expect(messages()).toEqual([started]);
});
