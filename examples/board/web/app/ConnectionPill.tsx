import type { Connection } from "./useConnection.ts";

const texts: Readonly<Record<Connection, string>> = {
  connecting: "Connecting…",
  live: "Live",
  reconnecting: "Reconnecting…",
};

export function ConnectionPill({ connection }: { readonly connection: Connection }) {
  return (
    <output className="connection" data-state={connection} aria-label="Connection">
      <span className="connection-dot" aria-hidden="true" />
      {texts[connection]}
    </output>
  );
}
