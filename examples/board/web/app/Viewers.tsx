import { useQuery } from "@tanstack/react-query";
import { users } from "../../src/users.ts";
import { Avatar } from "./Avatar.tsx";
import { useTRPC } from "./trpc.ts";
import { addressOf } from "./userAddress.ts";

const tabs = (count: number): string => (count === 1 ? "1 tab" : `${count} tabs`);

/** Who has this board open, as `count` says; the others can be opened beside. */
export function Viewers(props: { readonly boardId: string; readonly userId: string }) {
  const trpc = useTRPC();
  const { data: counts = {} } = useQuery(
    trpc.board.viewers.queryOptions({ boardId: props.boardId }),
  );
  return (
    <ul className="viewers" aria-label="Who is here">
      {users.map(({ id, name }) => {
        const count = counts[id] ?? 0;
        const text = count === 0 ? `${name} is not here` : `${name}: ${tabs(count)}`;
        return (
          <li key={id} data-here={count > 0}>
            <a
              href={addressOf(id)}
              target="_blank"
              rel="noreferrer"
              title={`${text}. Open a tab as ${name}.`}
            >
              <Avatar userId={id} />
              <span className="visually-hidden">{`${text}. Open a tab as ${name}.`}</span>
              {count > 1 && (
                <span className="viewer-count" aria-hidden="true">
                  {count}
                </span>
              )}
            </a>
          </li>
        );
      })}
    </ul>
  );
}
