import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { sqs } from "trpc-aws-subscriptions/sqs";
import { describe, expect, it } from "vitest";
import { queueAddress } from "../../../../src/adapters/sqs/queueUrl.ts";
import { BuilderError } from "../../../../src/errors.ts";

const queueUrl = "https://sqs.eu-central-1.amazonaws.com/123456789012/fan-out";
const client = new SQSClient({ region: "eu-central-1" });

describe("queueUrl", () => {
  it.each([
    [undefined, "not a URL"],
    ["fan-out", "not a URL"],
    ["arn:aws:sqs:eu-central-1:123456789012:fan-out", "is the ARN"],
    ["ftp://sqs.eu-central-1.amazonaws.com/123456789012/fan-out", "must be an https URL"],
    ["https://me@sqs.eu-central-1.amazonaws.com/123456789012/fan-out", "must be an https URL"],
    [`${queueUrl}?Action=SendMessage`, "must be an https URL"],
    [`${queueUrl}#fragment`, "must be an https URL"],
    ["https://sqs.eu-central-1.amazonaws.com", "does not name a queue"],
    ["https://sqs.eu-central-1.amazonaws.com/123456789012/", "does not name a queue"],
    [`${queueUrl}.fifo`, "Use a standard queue"],
  ])("%s is refused: %s", (url, problem) => {
    const make = (): unknown => sqs({ queueUrl: url as string, client });
    expect(make).toThrow(BuilderError);
    expect(make).toThrow(problem);
  });

  it("does not repeat a password in the error", () => {
    const url = "https://me:secret@sqs.eu-central-1.amazonaws.com/123456789012/fan-out";
    expect(() => sqs({ queueUrl: url, client })).toThrow(
      /^(?!.*secret).*must be an https URL without credentials/,
    );
  });

  it("may be that of an emulator", () => {
    expect(() => sqs({ queueUrl: "http://127.0.0.1:9324/queue/fan-out", client })).not.toThrow();
  });

  it.each([
    [queueUrl, "eu-central-1"],
    ["https://eu-west-1.queue.amazonaws.com/123456789012/fan-out", "eu-west-1"],
    ["https://sqs.cn-north-1.amazonaws.com.cn/123456789012/fan-out", "cn-north-1"],
    ["https://sqs-fips.us-east-1.amazonaws.com/123456789012/fan-out", "us-east-1"],
    ["https://sqs.us-east-2.api.aws/123456789012/fan-out", "us-east-2"],
    ["https://vpce-0a1b-2c3d.sqs.us-east-1.vpce.amazonaws.com/123456789012/fan-out", "us-east-1"],
    ["https://sqs.eu-central-1.example.com/123456789012/fan-out", undefined],
    ["http://127.0.0.1:9324/queue/fan-out", undefined],
  ])("%s is in region %s", (url, region) => {
    expect(queueAddress(url).region).toBe(region);
  });
});

describe("sqs()", () => {
  it.each([
    [undefined, "expected an object of options. Known: queueUrl, client, threshold."],
    [queueUrl, "expected an object of options."],
    [{ queueURL: queueUrl }, 'unknown option "queueURL". Known: queueUrl,'],
    [{ queueUrl, treshold: 0 }, 'unknown option "treshold".'],
    [{}, "queueUrl is undefined, not a URL."],
  ])("of %j is refused at once", (options, problem) => {
    expect(() => sqs(options as never)).toThrow(BuilderError);
    expect(() => sqs(options as never)).toThrow(`sqs(): ${problem}`);
  });
});

describe("threshold", () => {
  it("is 1,000 by default, and messages are one billing unit", () => {
    expect(sqs({ queueUrl, client })).toMatchObject({ threshold: 1000, maxMessageBytes: 65_536 });
  });

  it.each([0, 1, Number.POSITIVE_INFINITY])("may be %d", (threshold) => {
    expect(sqs({ queueUrl, client, threshold }).threshold).toBe(threshold);
  });

  it.each([-1, Number.NaN, "10" as unknown as number])("may not be %s", (threshold) => {
    expect(() => sqs({ queueUrl, client, threshold })).toThrow(BuilderError);
  });
});

describe("a client of its own", () => {
  it("signs for the region of the queue, and calls its host", async () => {
    const api = mockClient(SQSClient);
    api.on(SendMessageBatchCommand).resolves({ Successful: [{ Id: "0" }] as never });
    await sqs({ queueUrl }).send(["a"]);
    const { config }: SQSClient = api.call(0).thisValue;
    expect(await config.region()).toBe("eu-central-1");
    expect(await config.endpoint?.()).toMatchObject({
      protocol: "https:",
      hostname: "sqs.eu-central-1.amazonaws.com",
    });
    api.restore();
  });
});
