import { expect, it, onTestFinished, vi } from "vitest";
import { limitMs } from "../reliability/size.ts";
import { startCloud, startCloudQueue } from "./cloud.ts";
import { fenceStory, historyStory } from "./historyStory.ts";
import {
  addLost,
  audience,
  cursorStory,
  endStory,
  largeText,
  publishStory,
} from "./publisherStory.ts";
import { type Role, unusedOf } from "./role.ts";

const DEFAULT = "$default, or all three in one function";
const HANDLERS = { connect: "$connect", disconnect: "$disconnect", default: DEFAULT };

/** For a story on a machine that does much else. */
const LIMIT_MS = limitMs(60_000);

/** What Lambda does with the queue before and after it calls the function; nothing that the function does. */
const EVENT_SOURCE = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

function expectExact(role: Role): void {
  expect(role.denied).toEqual([]);
  expect(unusedOf(role)).toEqual([]);
}

it(
  "S19: a publisher publishes, keeps, counts, cleans up, resumes, ends and disconnects with its policy, and needs all of it",
  async () => {
    const cloud = await startCloud(HANDLERS);
    const publisher = cloud.publisherOf("Publisher");
    await publishStory(cloud, publisher);
    await cursorStory(publisher);
    await historyStory(cloud, publisher);
    await fenceStory(cloud, publisher);
    await endStory(cloud, publisher);
    expectExact(cloud.role("Publisher"));
  },
  LIMIT_MS,
);

it(
  "S19: a publisher with a queue hands over, works on dead letters and does without the queue with its policy, and needs all of it",
  async () => {
    const role = "Publisher with a queue";
    const cloud = await startCloud(HANDLERS);
    await publishStory(cloud, cloud.publisherOf(role));
    await historyStory(cloud, cloud.publisherOf(role));
    const { queue, fanOutOf, refuse } = await startCloudQueue(cloud, { threshold: 0 });
    const publisher = cloud.publisherOf(role, { fanOut: fanOutOf(role) });
    const { onMessage } = publisher.routes;
    expect(await onMessage.publish({ data: largeText })).toMatchObject({
      delivered: 0,
      queued: true,
    });
    await queue.idle();
    const [letter] = queue.deadLetters();
    expect(await publisher.resume(letter?.body ?? "")).toMatchObject({ delivered: 2 });
    refuse({ code: "InvalidMessageContents", senderFault: true });
    expect(await onMessage.publish({ data: "by itself" })).toMatchObject({ delivered: 2 });
    expect(cloud.errors.splice(0)).toEqual([expect.objectContaining({ name: "QueueError" })]);
    await endStory(cloud, publisher);
    expectExact(cloud.role(role));
  },
  LIMIT_MS,
);

it("S19: a worker posts, fences, cleans up, hands on and keeps what it comes late to with its policy, and needs all of it", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
  const role = "Worker of the queue";
  const sender = "Publisher with a queue";
  const cloud = await startCloud(HANDLERS);
  const { queue, fanOutOf } = await startCloudQueue(cloud, {
    worker: role,
    threshold: 0,
    onSent: () => vi.setSystemTime(Date.now() + 60_000),
  });
  const publisher = cloud.publisherOf(sender, { fanOut: fanOutOf(sender) });
  const { onMessage, onHooked } = publisher.routes;
  const { alice, bob } = await audience(cloud);
  await addLost(cloud);
  await onMessage.publish({ data: largeText });
  await queue.idle();
  expect(await onMessage.count()).toBe(2);
  await onHooked.publish({ data: "h" });
  await queue.idle();
  for (const [user, { frames }] of Object.entries({ alice, bob })) {
    const got = frames.flatMap(({ result }) => (result?.type === "data" ? [result.data] : []));
    expect(got).toEqual([`welcome ${user}`, largeText, `h for ${user}`]);
  }
  await fenceStory(cloud, publisher, () => queue.idle());
  expect(queue.deadLetters()).toEqual([]);
  const worker = cloud.role(role);
  expect(worker.denied).toEqual([]);
  // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaSQSQueueExecutionRole.html
  const queueArn = "arn:aws:sqs:us-east-1:000000000000:local";
  expect(unusedOf(worker)).toEqual(EVENT_SOURCE.map((action) => `${action} ${queueArn}`));
});

it("S19: a reader counts with its policy; a union would let it read sessions, and is refused", async () => {
  const role = "Only count()";
  const cloud = await startCloud(HANDLERS);
  await audience(cloud);
  const { onMessage } = cloud.publisherOf(role).routes;
  const byUser = { name: "byUser", ctx: { userId: "alice" } } as const;
  expect(await onMessage.count()).toBe(2);
  expect(await onMessage.count(byUser)).toBe(1);
  expectExact(cloud.role(role));
  const union = [byUser, { name: "byRoom", input: { room: "red" } } as const];
  await expect(onMessage.count(union)).rejects.toThrow("not authorized");
  expect(cloud.role(role).denied.map(({ action }) => action)).toContain("dynamodb:BatchGetItem");
});
