import {
  type ApiGatewayManagementApiClient,
  GoneException,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { storeOn } from "../../../src/store/dynamodb/dynamodb.ts";
import { keysOf } from "../../../src/store/keys.ts";
import { TEST_API_ID, TEST_STAGE } from "../../../src/testing/events.ts";
import { simulatedClient } from "../simulation/dynamoClient.ts";
import { Steps } from "../simulation/steps.ts";
import type { SimulatedTable } from "../simulation/table.ts";
import { LAMBDA_MS, MAX_SUBSCRIPTIONS, type Process } from "./process.ts";
import { chainOn } from "./router.ts";
import type { Sockets } from "./sockets.ts";

/**
 * A process that nothing happens to. It works on the rows in memory, which is ten times as fast as to ask the emulator:
 * what comes before and after a case is most of the work.
 */
export class HealthyProcess implements Process {
  readonly chain: Process["chain"];
  readonly management: ApiGatewayManagementApiClient;
  readonly endpoint = `https://${TEST_API_ID}.execute-api.us-east-1.amazonaws.com/${TEST_STAGE}`;
  readonly errors: Error[] = [];
  readonly context: Process["context"];
  /** Calls so far. */
  calls = 0;

  constructor(table: SimulatedTable, sockets: Sockets) {
    const endsAtMs = Date.now() + LAMBDA_MS;
    this.context = { getRemainingTimeInMillis: () => endsAtMs - Date.now() };
    const count = async (): Promise<void> => void this.calls++;
    const client = simulatedClient({ table, steps: new Steps(), before: count });
    this.chain = chainOn(
      storeOn({
        tableName: "table",
        client,
        keys: keysOf(undefined),
        maxSubscriptions: MAX_SUBSCRIPTIONS,
        ttlSeconds: undefined,
        now: Date.now,
      }),
    );
    this.management = managementOn(sockets);
  }

  readonly onError: Process["onError"] = ({ error }) => {
    this.errors.push(error);
  };
}

interface Command {
  readonly input: { readonly ConnectionId: string; readonly Data?: string };
}

function managementOn(sockets: Sockets): ApiGatewayManagementApiClient {
  const send = async ({ input }: Command): Promise<object> => {
    const { ConnectionId: connectionId, Data: frame } = input;
    const isOpen =
      frame === undefined
        ? sockets.open.delete(connectionId)
        : sockets.receive({ connectionId, frame }) === 200;
    if (isOpen) return {};
    throw new GoneException({ message: "gone", $metadata: { httpStatusCode: 410 } });
  };
  return { send } as unknown as ApiGatewayManagementApiClient;
}
