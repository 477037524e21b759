import { useMutation } from "@tanstack/react-query";
import type { Card } from "../../src/board.ts";
import { users } from "../../src/users.ts";
import { Avatar } from "../app/Avatar.tsx";
import { useTRPC } from "../app/trpc.ts";
import { useToasts } from "../toasts/ToastProvider.tsx";
import { useTakeChange } from "./useBoard.ts";

/** Whose card it is, to be given to somebody else, who is told in private. */
export function Owner({ boardId, card }: { readonly boardId: string; readonly card: Card }) {
  const trpc = useTRPC();
  const takeChange = useTakeChange();
  const { show } = useToasts();
  const { mutate, isPending, variables } = useMutation(
    trpc.card.assign.mutationOptions({
      onSuccess: takeChange,
      onError: ({ message }) =>
        show({ id: `owner-${card.id}`, kind: "problem", title: "Not assigned", text: message }),
    }),
  );
  const ownerId = isPending ? variables.ownerId : card.ownerId;
  return (
    <span className="owner">
      {ownerId !== null && <Avatar userId={ownerId} />}
      <select
        aria-label={`Owner of ${card.title}`}
        value={ownerId ?? ""}
        onChange={({ currentTarget: { value } }) => {
          const owner = users.find(({ id }) => id === value);
          mutate({ boardId, cardId: card.id, ownerId: owner?.id ?? null });
        }}
      >
        <option value="">Nobody</option>
        {users.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}
