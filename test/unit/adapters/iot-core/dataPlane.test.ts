import { PublishCommand } from "@aws-sdk/client-iot-data-plane";
import { expect, it } from "vitest";
import {
  DataPlane,
  type IotDataPlane,
  iotTransport,
} from "../../../../src/adapters/iot-core/dataPlane.ts";

const signal = new AbortController().signal;
const messagesOf = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ topic: `t/${number}`, body: `${number}` }));

/** What the SDK throws when it is answered with a status, or not at all. */
function failure(status?: number, name = "SomeException"): Error {
  const $metadata = status === undefined ? {} : { httpStatusCode: status };
  return Object.assign(new Error("it failed"), { name, $metadata });
}

/** A client of the SDK whose calls the test answers. */
function clientOf(answer: (topic: string) => Promise<unknown>): {
  readonly client: IotDataPlane;
  readonly calls: unknown[][];
} {
  const calls: unknown[][] = [];
  const send = (command: PublishCommand, options: unknown): Promise<unknown> => {
    calls.push([command, options]);
    return answer(command.input.topic ?? "");
  };
  return { client: { send } as never, calls };
}

it("makes one call for each message, with the signal", async () => {
  const { client, calls } = clientOf(async () => ({}));
  const transport = iotTransport(new DataPlane({ client }), 1);
  await expect(transport.publish(messagesOf(2), { signal })).resolves.toEqual([
    { status: "sent" },
    { status: "sent" },
  ]);
  const [[command, options] = []] = calls;
  expect(command).toBeInstanceOf(PublishCommand);
  expect(command).toMatchObject({ input: { topic: "t/0", qos: 1, payload: new Uint8Array([48]) } });
  expect(options).toEqual({ abortSignal: signal });
  expect(calls).toHaveLength(2);
});

it("has fifty calls under way at the most, and gives the outcomes in order", async () => {
  let [underWay, most] = [0, 0];
  const { client } = clientOf(async (topic) => {
    most = Math.max(most, ++underWay);
    // Later ones answer earlier.
    await new Promise((resolve) => setTimeout(resolve, topic.endsWith("0") ? 5 : 1));
    underWay--;
    if (topic.endsWith("7")) throw failure(403);
  });
  const transport = iotTransport(new DataPlane({ client }), 0);
  const outcomes = await transport.publish(messagesOf(120), { signal });
  expect(most).toBe(50);
  expect(outcomes.map(({ status }) => status)).toEqual(
    messagesOf(120).map(({ topic }) => (topic.endsWith("7") ? "failed" : "sent")),
  );
});

it.each([
  [401, "forbidden"],
  [403, "forbidden"],
  [413, "tooLarge"],
  [429, "throttled"],
  [400, "unknown"],
  [500, "transient"],
  [503, "transient"],
  [undefined, "transient"],
] as const)("tells a status of %s as %s", async (status, expected) => {
  const { client } = clientOf(() => Promise.reject(failure(status)));
  const [outcome] = await iotTransport(new DataPlane({ client }), 1).publish(messagesOf(1), {
    signal,
  });
  expect(outcome).toMatchObject({
    status: "failed",
    error: {
      code: "TRANSPORT",
      failure: expected,
      message: "AWS IoT Core: SomeException: it failed",
    },
  });
});

it("does not take missing credentials for something that passes", async () => {
  const { client } = clientOf(() => Promise.reject(failure(undefined, "CredentialsProviderError")));
  const [outcome] = await iotTransport(new DataPlane({ client }), 1).publish(messagesOf(1), {
    signal,
  });
  expect(outcome).toMatchObject({ error: { failure: "unknown" } });
});

it("tells a client that is gone from a call that failed", async () => {
  const answers = [undefined, failure(404), failure(500)];
  const { client } = clientOf(async () => {
    const answer = answers.shift();
    if (answer !== undefined) throw answer;
  });
  const dataPlane = new DataPlane({ client });
  expect(await dataPlane.disconnect("a")).toBe(true);
  expect(await dataPlane.disconnect("a")).toBe(false);
  await expect(dataPlane.disconnect("a")).rejects.toMatchObject({ failure: "transient" });
});
