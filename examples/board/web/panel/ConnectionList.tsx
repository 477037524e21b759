import { useMutation } from "@tanstack/react-query";
import type { Snapshot } from "../../local/inspector.ts";
import { userName } from "../../src/users.ts";
import { Avatar } from "../app/Avatar.tsx";
import { useInspector } from "../app/trpc.ts";
import { useToasts } from "../toasts/ToastProvider.tsx";

/** The open sockets, each of which can be cut as a lost network does. */
export function ConnectionList({ snapshot }: { readonly snapshot: Snapshot }) {
  const inspector = useInspector();
  const { show } = useToasts();
  const { mutate, isPending } = useMutation(
    inspector.cut.mutationOptions({
      onError: ({ message }) =>
        show({ id: "cut", kind: "problem", title: "Not cut", text: message }),
    }),
  );
  const open = snapshot.connections.filter(({ connectionId }) =>
    snapshot.socketIds.includes(connectionId),
  );
  return (
    <section className="panel-section" aria-labelledby="connections">
      <h3 id="connections">
        Connections <span className="count">{open.length}</span>
      </h3>
      {open.length === 0 && <p className="panel-empty">No socket is open.</p>}
      <ul className="connections">
        {open.map(({ connectionId, userId, activeSubscriptions }) => (
          <li key={connectionId}>
            <Avatar userId={userId} />
            <span className="connection-who">
              {userName(userId)}
              <code>{connectionId}</code>
            </span>
            <span className="connection-subscriptions">
              {activeSubscriptions === 1
                ? "1 subscription"
                : `${activeSubscriptions} subscriptions`}
            </span>
            <button
              type="button"
              className="button small"
              disabled={isPending}
              aria-label={`Cut the socket of ${userName(userId)}`}
              onClick={() => mutate({ connectionId })}
            >
              Cut
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
