import { useSubscription } from "@trpc/tanstack-react-query";
import { useTRPC } from "../app/trpc.ts";
import { useToasts } from "./ToastProvider.tsx";

/** Shows what is sent to this user alone. */
export function useNotifications(): void {
  const trpc = useTRPC();
  const { show } = useToasts();
  useSubscription(
    trpc.onNotification.subscriptionOptions(undefined, {
      onData: ({ id, text }) => show({ id, kind: "private", title: "Only you see this", text }),
    }),
  );
}
