import type { Mutant } from "../mutant.ts";

const BATCHES = "src/store/dynamodb/batches.ts";
const PAGES = "src/store/dynamodb/pages.ts";

/** How the table is asked. */
export const tableMutants: readonly Mutant[] = [
  {
    name: "no-conflict-retry",
    breaks: "A write that meets another transaction fails, which the SDK does not retry.",
    edits: [
      {
        file: "src/store/dynamodb/retry.ts",
        find: "if (!isTransient(error) || !(await again())) throw error;",
        replace: "throw error;",
      },
    ],
    tests: ["test/contract/dynamodbFaults.test.ts"],
  },
  {
    name: "no-unprocessed-items-loop",
    breaks: "Rows that a batch left unprocessed are not deleted.",
    edits: [
      {
        file: BATCHES,
        find: "if (requests.length === 0) return;",
        replace: "return;",
      },
    ],
    tests: ["test/contract/dynamodbFaults.test.ts"],
  },
  {
    name: "consistent-read-off",
    breaks: "A publish may overlook a subscription that has been told `started`.",
    edits: [{ file: PAGES, find: "ConsistentRead: true,", replace: "ConsistentRead: false," }],
    tests: ["test/contract/dynamodbCalls.test.ts"],
  },
  {
    name: "no-pagination",
    breaks: "Everything behind the first page of a query is overlooked.",
    edits: [
      { file: PAGES, find: "while (from !== undefined);", replace: "while (from === null);" },
    ],
    tests: ["test/contract/dynamodbReads.test.ts"],
  },
  {
    name: "no-expiry-filter",
    breaks: "Rows whose time is over are posted to until DynamoDB deletes them.",
    edits: [
      {
        file: PAGES,
        find: "FilterExpression: LIVE,",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        replace: "FilterExpression: `${LIVE} OR attribute_exists(expireAt)`,",
      },
    ],
    tests: ["test/contract/dynamodb.test.ts"],
  },
  {
    name: "leave-out-of-unions-off",
    breaks: "A union posts twice to whom two of its filters find.",
    edits: [
      {
        file: "src/store/dynamodb/findRoutes.ts",
        find: "except === undefined || except.length === 0",
        replace: "except === undefined || except.length >= 0",
      },
    ],
    tests: ["test/contract/dynamodb.test.ts"],
  },
  {
    name: "part-claims-unconditional",
    breaks: "Two workers of one part both post it.",
    edits: [
      {
        file: "src/store/dynamodb/fanOuts.ts",
        find: "ConditionExpression: anyOf(ABSENT, EXPIRED),",
        replace: 'ConditionExpression: anyOf(ABSENT, EXPIRED, "attribute_exists(pk)"),',
      },
    ],
    tests: ["test/contract/dynamodb.test.ts"],
  },
  {
    name: "take-over-unconditional",
    breaks: "Two workers both take over the part of one that died.",
    edits: [
      {
        file: "src/store/dynamodb/fanOuts.ts",
        find: 'allOf("claimId = :from", "#state = :claimed")',
        replace:
          'allOf("claimId <> :until", "#state = :claimed", "claimId = :from OR claimId <> :from")',
      },
    ],
    tests: ["test/contract/dynamodb.test.ts", "test/contract/dynamodbFanOuts.test.ts"],
  },
  {
    name: "hung-read-shared-for-ever",
    breaks:
      "A read of the signing key that hung when Lambda froze its process holds up every later invocation.",
    edits: [
      {
        file: "src/store/dynamodb/signingKey.ts",
        find: "if (last !== undefined && now() - last.startedAt < SHARED_MS) return last.result;",
        replace:
          "if (last !== undefined && now() - last.startedAt < 1e9 * SHARED_MS) return last.result;",
      },
    ],
    tests: ["test/contract/dynamodbFanOuts.test.ts"],
  },
];
