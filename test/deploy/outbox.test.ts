import { expect, it } from "vitest";
import {
  outboxPolicy,
  type Statement,
  streamHandlerPolicy,
} from "../../examples/deploy/policies.ts";
import { policyOf } from "../security/policies.ts";

const NAMES = { REGION: "us-east-1", ACCOUNT: "1", TABLE: "t", API: "a1", STAGE: "live" };
const table = "arn:aws:dynamodb:us-east-1:1:table/t";
const arnOf = (method: string): string =>
  `arn:aws:execute-api:us-east-1:1:a1/live/${method}/@connections/*`;
const arns = { table, post: arnOf("POST"), close: arnOf("DELETE") };

/** What SECURITY.md has under a heading, in the words of `policies.ts`. */
const documented = (heading: string): readonly Statement<string>[] =>
  policyOf(heading, NAMES).Statement.map(({ Action, Resource, Condition }) => {
    const leadingKeys = Condition?.["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
    return {
      actions: Action,
      resources: Resource,
      ...(leadingKeys !== undefined && { leadingKeys }),
    };
  });

it("policies of the outbox, which no recipe has, are those of SECURITY.md", () => {
  expect(outboxPolicy(arns)).toEqual(documented("Outbox"));
  expect(streamHandlerPolicy(arns, `${table}/stream/*`)).toEqual(
    documented("Handler of the stream"),
  );
});
