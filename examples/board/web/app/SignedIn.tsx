import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { users } from "../../src/users.ts";
import { Avatar } from "./Avatar.tsx";
import { Notice } from "./Notice.tsx";
import { useTRPC } from "./trpc.ts";
import { addressOf } from "./userAddress.ts";

/** Shows its children to users whom the server knows, and others who there is. */
export function SignedIn(props: { readonly userId: string; readonly children: ReactNode }) {
  const trpc = useTRPC();
  const me = useQuery(trpc.whoAmI.queryOptions());
  if (me.isSuccess) return props.children;
  if (me.isPending) return <output className="page-state">Opening the board…</output>;
  if (me.error.data?.code === "UNAUTHORIZED") return <UnknownUser userId={props.userId} />;
  return (
    <main className="page-state">
      <Notice title="The server does not answer" action={{ text: "Try again", run: me.refetch }}>
        Is <code>npm start</code> still running?
      </Notice>
    </main>
  );
}

function UnknownUser({ userId }: { readonly userId: string }) {
  return (
    <main className="page-state">
      <Notice title={`There is no user “${userId}”`}>
        <span>Neither the HTTP API nor the WebSocket lets this token in. Come in as</span>
        <ul className="user-choice">
          {users.map(({ id, name }) => (
            <li key={id}>
              <a href={addressOf(id)}>
                <Avatar userId={id} />
                {name}
              </a>
            </li>
          ))}
        </ul>
      </Notice>
    </main>
  );
}
