import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb, type Store } from "trpc-aws-subscriptions";
import { onTestFinished } from "vitest";
import { emulatorClient, type TestTable } from "../testTable.ts";
import { dynamoDBNeeds } from "./needs.ts";
import { type Names, policyOf } from "./policies.ts";
import { Role } from "./role.ts";

/** Where everything is. */
export const ACCOUNT = { region: "us-east-1", account: "000000000000" };

/** As many, so that a few subscriptions fill a connection. */
const MAX_SUBSCRIPTIONS = 3;

/** Whatever reads and writes a table, each in the role of a heading in SECURITY.md; without one, in none. */
export function accountOf(table: TestTable, names: Names) {
  const roles = new Map<string, Role>();
  const { tableName } = table;
  const values = {
    REGION: ACCOUNT.region,
    ACCOUNT: ACCOUNT.account,
    TABLE: tableName,
    ...names,
  };
  const { NAMESPACE: namespace } = names;
  const role = (heading: string): Role => {
    const known = roles.get(heading);
    if (known !== undefined) return known;
    const made = new Role(policyOf(heading, values));
    roles.set(heading, made);
    return made;
  };
  const clientAs = (acting: Role | undefined): DynamoDBClient => {
    const client = emulatorClient();
    onTestFinished(() => client.destroy());
    return acting?.assume(client, (request) => dynamoDBNeeds(ACCOUNT, request)) ?? client;
  };
  const storeAs = (acting: Role | undefined): Store =>
    dynamodb({
      tableName,
      dynamoDBClient: clientAs(acting),
      maxSubscriptionsPerConnection: MAX_SUBSCRIPTIONS,
      ...(namespace !== undefined && { namespace }),
    });
  const ofHeading = (heading: string | undefined): Role | undefined =>
    heading === undefined ? undefined : role(heading);
  return {
    role,
    clientOf: (heading?: string) => clientAs(ofHeading(heading)),
    storeOf: (heading?: string) => storeAs(ofHeading(heading)),
    storeAs,
  };
}
