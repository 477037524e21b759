import { afterEach, describe, expect, it, test, vi } from "vitest";
import { startDynamoDB, type TableDefinition } from "../../src/local/index.ts";
import { type FakeAnswer, type FakeCall, fakeDynamoDB } from "./fakeDynamoDB.ts";

const table: TableDefinition = {
  partitionKey: { name: "pk", type: "S" },
  sortKey: { name: "sk", type: "S" },
  timeToLiveAttribute: "expireAt",
};

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Answers of a DynamoDB by operation. */
type Answers = Readonly<Record<string, FakeAnswer>>;

const ACTIVE = { Table: { TableName: "chat", TableStatus: "ACTIVE" } };

/** Creates a table at a DynamoDB that answers so; gives what it was asked for. */
async function createTableAt(
  answers: Answers,
  options: { readonly stream?: boolean } = {},
): Promise<readonly FakeCall[]> {
  const { dynamoDB, calls } = await fakeDynamoDB(
    ({ operation }) => answers[operation] ?? "UnknownOperationException",
  );
  vi.stubEnv("DYNAMODB_ENDPOINT", dynamoDB.endpoint);
  await (await startDynamoDB()).createTable({ tableName: "chat", table, ...options });
  return calls;
}

const operationsOf = (calls: readonly FakeCall[]): string[] =>
  calls.map(({ operation }) => operation);

test("a TTL that is on already is not switched on again, which DynamoDB refuses", async () => {
  const calls = await createTableAt({
    CreateTable: "ResourceInUseException",
    DescribeTable: ACTIVE,
    DescribeTimeToLive: { TimeToLiveDescription: { TimeToLiveStatus: "ENABLED" } },
    UpdateTimeToLive: "ValidationException",
  });
  expect(operationsOf(calls)).toEqual(["CreateTable", "DescribeTable", "DescribeTimeToLive"]);
});

test("a TTL that is off is switched on", async () => {
  const calls = await createTableAt({
    CreateTable: ACTIVE,
    DescribeTable: ACTIVE,
    DescribeTimeToLive: { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } },
    UpdateTimeToLive: {},
  });
  expect(operationsOf(calls).at(-1)).toBe("UpdateTimeToLive");
});

test("an emulator without TTL is tolerated", async () => {
  const calls = await createTableAt({ CreateTable: ACTIVE, DescribeTable: ACTIVE });
  expect(operationsOf(calls).at(-1)).toBe("DescribeTimeToLive");
});

test("any other refusal of the TTL is thrown", async () => {
  const refused = createTableAt({
    CreateTable: ACTIVE,
    DescribeTable: ACTIVE,
    DescribeTimeToLive: {},
    UpdateTimeToLive: "AccessDeniedException",
  });
  await expect(refused).rejects.toMatchObject({ name: "AccessDeniedException" });
});

describe("a stream", () => {
  const WITHOUT_TTL: Answers = { CreateTable: "ResourceInUseException", DescribeTable: ACTIVE };

  it("is switched on with new images, for a table that exists as well", async () => {
    const calls = await createTableAt({ ...WITHOUT_TTL, UpdateTable: {} }, { stream: true });
    const update = calls.find(({ operation }) => operation === "UpdateTable");
    expect(update?.input).toEqual({
      TableName: "chat",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
    });
  });

  it("that is on already stays the same", async () => {
    const StreamSpecification = { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" };
    const DescribeTable = { Table: { ...ACTIVE.Table, StreamSpecification } };
    const calls = await createTableAt({ ...WITHOUT_TTL, DescribeTable }, { stream: true });
    expect(operationsOf(calls)).not.toContain("UpdateTable");
  });

  it("is not asked for by default", async () => {
    const calls = await createTableAt(WITHOUT_TTL);
    expect(operationsOf(calls)).not.toContain("UpdateTable");
  });

  it.each(["UnknownOperationException", "ValidationException"])(
    "may be unknown to an emulator, which says %s",
    async (UpdateTable) => {
      const calls = await createTableAt({ ...WITHOUT_TTL, UpdateTable }, { stream: true });
      expect(operationsOf(calls)).toContain("UpdateTable");
    },
  );

  it("that is refused otherwise is thrown", async () => {
    const UpdateTable = "AccessDeniedException";
    const refused = createTableAt({ ...WITHOUT_TTL, UpdateTable }, { stream: true });
    await expect(refused).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});
