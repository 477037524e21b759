import { useMutation } from "@tanstack/react-query";
import type { Lane } from "../../src/board.ts";
import { useTRPC } from "../app/trpc.ts";
import { useToasts } from "../toasts/ToastProvider.tsx";
import { useTakeChange } from "./useBoard.ts";

interface AddCardProps {
  readonly boardId: string;
  readonly lane: Lane;
  readonly laneName: string;
}

export function AddCard({ boardId, lane, laneName }: AddCardProps) {
  const trpc = useTRPC();
  const takeChange = useTakeChange();
  const { show } = useToasts();
  const { mutate, isPending } = useMutation(
    trpc.card.add.mutationOptions({
      onSuccess: takeChange,
      onError: ({ message }) =>
        show({ id: `add-${lane}`, kind: "problem", title: "Not added", text: message }),
    }),
  );
  return (
    <form
      className="add-card"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const title = String(new FormData(form).get("title") ?? "").trim();
        if (title !== "") mutate({ boardId, lane, title }, { onSuccess: () => form.reset() });
      }}
    >
      <input
        name="title"
        placeholder="Add a card"
        aria-label={`New card in ${laneName}`}
        maxLength={120}
        autoComplete="off"
        readOnly={isPending}
      />
    </form>
  );
}
