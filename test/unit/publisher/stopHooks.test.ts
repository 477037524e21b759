import { expect, it } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { type AudienceOptions, audience, joinAll } from "./audience.ts";
import { inVirtualTime, throughTime } from "./virtualTime.ts";

inVirtualTime();

const never = (): Promise<never> => new Promise(() => undefined);

/** Two subscribers whose `onStop` never ends, and what became of their sockets. */
async function hanging(options: AudienceOptions = {}) {
  const closed: string[] = [];
  const close = async (connectionId: string): Promise<void> => void closed.push(connectionId);
  const one = audience({ onStop: never, close, postTimeoutMs: 1_000, ...options });
  await joinAll(one, 2);
  return { ...one, closed };
}

const hung = {
  path: "p",
  error: { name: "TransportError", message: 'no answer from onStop of "p" within 1000 ms' },
};

it("an onStop that hangs keeps nobody from being told, and complete() ends", async () => {
  const { complete, posts, failures, count } = await hanging();
  expect(await throughTime(complete())).toMatchObject({ delivered: 2, failed: 0, complete: true });
  expect(posts.map(({ frame }) => JSON.parse(frame).result)).toEqual([
    { type: "stopped" },
    { type: "stopped" },
  ]);
  expect(failures).toMatchObject([hung, hung]);
  expect(await count()).toBe(0);
});

it("an onStop that hangs keeps no socket open that is revoked, and disconnect() ends", async () => {
  const { disconnect, closed, failures, count } = await hanging();
  await throughTime(disconnect("c0"));
  expect(closed).toEqual(["c0"]);
  expect(failures).toMatchObject([hung]);
  expect(await count()).toBe(1);
});

it("an onStop that hangs is told of as such when its connection is fenced, and so is the fence", async () => {
  const told: string[] = [];
  const failing = (): Promise<never> => Promise.reject(new TransportError("forbidden", "no"));
  const { publish, failures, closed } = await hanging({
    history: {},
    post: failing,
    onEvent: ({ type }) => void told.push(type),
  });
  expect(await throughTime(publish({ data: 1 }))).toMatchObject({ failed: 2, complete: true });
  expect(closed.toSorted()).toEqual(["c0", "c1"]);
  expect(failures.filter(({ error }) => error.message === hung.error.message)).toHaveLength(2);
  expect(told.filter((type) => type === "fenced")).toHaveLength(2);
});

it("an onStop that hangs does not keep a publish, which found its connection closed, from its end", async () => {
  const gone = (): Promise<never> => Promise.reject(new TransportError("gone", "410"));
  const deadlineMs = Number.POSITIVE_INFINITY;
  const { publish, failures } = await hanging({ post: gone, deadlineMs });
  expect(await throughTime(publish({ data: 1 }))).toMatchObject({ gone: 2, complete: true });
  expect(failures).toMatchObject([hung, hung]);
});
