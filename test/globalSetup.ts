import type { TestProject } from "vitest/node";
import { startDynamoDB } from "../src/local/dynamodb.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Endpoint of the DynamoDB emulator that all test files share; each test makes its own table. */
    readonly dynamoDBEndpoint: string;
  }
}

/** One emulator for the whole run. */
// biome-ignore lint/style/noDefaultExport: vitest loads a global set-up by its default export
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dynamoDB = await startDynamoDB();
  project.provide("dynamoDBEndpoint", dynamoDB.endpoint);
  return () => dynamoDB.stop();
}
