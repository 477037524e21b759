import { useSubscription } from "@trpc/tanstack-react-query";
import type { Snapshot } from "../../local/inspector.ts";
import { useInspector } from "../app/trpc.ts";

/** What the table, the gateway and the publisher do, live; `undefined` until it is known. */
export function useSnapshot(): Snapshot | undefined {
  const inspector = useInspector();
  return useSubscription(inspector.onSnapshot.subscriptionOptions()).data;
}
