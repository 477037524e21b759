import { expect, it, vi } from "vitest";
import { teller } from "../../../src/events/teller.ts";
import type { SubscriptionsEvent } from "../../../src/events/types.ts";

const event: SubscriptionsEvent = { type: "connected", connectionId: "c", durationMs: 1 };
const broken = new Error("broken listener");
const throws = (): void => {
  throw broken;
};
const rejects = async (): Promise<void> => throws();

it("is nothing without a listener", () => {
  expect(teller(undefined, throws)).toBeUndefined();
});

it("hands events on while they happen", () => {
  const onEvent = vi.fn();
  teller(onEvent, throws)?.(event);
  expect(onEvent).toHaveBeenCalledExactlyOnceWith(event);
});

it.each([
  ["throws", throws],
  ["rejects with", rejects],
])("hands on what a listener %s, once", async (_, onEvent) => {
  const onThrown = vi.fn();
  teller(onEvent, onThrown)?.(event);
  await Promise.resolve();
  expect(onThrown).toHaveBeenCalledExactlyOnceWith(broken);
});

it.each([
  ["throws", throws],
  ["rejects with", rejects],
])("writes what a listener %s to the console where there is nobody else", async (_, onEvent) => {
  const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
  teller(onEvent, undefined)?.(event);
  await Promise.resolve();
  const { calls } = error.mock;
  error.mockRestore();
  expect(calls).toEqual([["trpc-aws-subscriptions: onEvent threw", broken]]);
});
