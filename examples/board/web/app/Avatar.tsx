import { userName } from "../../src/users.ts";

/** A user's initial on their colour; decoration, since a name stands beside it. */
export function Avatar({ userId }: { readonly userId: string }) {
  return (
    <span className="avatar" data-user={userId} aria-hidden="true">
      {userName(userId).charAt(0).toUpperCase()}
    </span>
  );
}
