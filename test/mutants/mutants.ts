import { appSyncEventsMutants } from "./list/appSyncEvents.ts";
import { broadcastMutants } from "./list/broadcast.ts";
import { brokerHistoryMutants } from "./list/brokerHistory.ts";
import { clientMutants } from "./list/client.ts";
import { handlerMutants } from "./list/handlers.ts";
import { historyMutants } from "./list/history.ts";
import { iotCoreMutants } from "./list/iotCore.ts";
import { iotDirectMutants } from "./list/iotDirect.ts";
import { keyMutants } from "./list/keys.ts";
import { lifecycleMutants } from "./list/lifecycle.ts";
import { nextUserMutants } from "./list/nextUser.ts";
import { publisherMutants } from "./list/publisher.ts";
import { tableMutants } from "./list/table.ts";
import type { Mutant } from "./mutant.ts";

/** Every mutant that is applied; each turns a test red. */
export const mutants: readonly Mutant[] = [
  ...lifecycleMutants,
  ...tableMutants,
  ...keyMutants,
  ...publisherMutants,
  ...handlerMutants,
  ...clientMutants,
  ...historyMutants,
  ...broadcastMutants,
  ...nextUserMutants,
  ...brokerHistoryMutants,
  ...appSyncEventsMutants,
  ...iotCoreMutants,
  ...iotDirectMutants,
];
