import type { TRPCWebSocketClient } from "@trpc/client";
import { useEffect, useState } from "react";

/** What a user needs to know of the socket. */
export type Connection = "connecting" | "live" | "reconnecting";

/** State of a `createWSClient`, as it changes. */
export function useConnection({ connectionState }: TRPCWebSocketClient): Connection {
  const [connection, setConnection] = useState<Connection>("connecting");
  useEffect(() => {
    const { unsubscribe } = connectionState.subscribe({
      next: ({ state, error }) =>
        setConnection((before) => {
          if (state === "pending") return "live";
          return error === null ? before : "reconnecting";
        }),
    });
    return unsubscribe;
  }, [connectionState]);
  return connection;
}
