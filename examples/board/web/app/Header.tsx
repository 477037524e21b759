import type { Board } from "../../src/board.ts";
import { ConnectionPill } from "./ConnectionPill.tsx";
import { ThemeToggle } from "./ThemeToggle.tsx";
import { UserSwitcher } from "./UserSwitcher.tsx";
import type { Connection } from "./useConnection.ts";
import { Viewers } from "./Viewers.tsx";

interface HeaderProps {
  readonly userId: string;
  readonly boardId: string;
  readonly boards: readonly Pick<Board, "id" | "name">[];
  readonly connection: Connection;
  onBoard(boardId: string): void;
}

export function Header({ userId, boardId, boards, connection, onBoard }: HeaderProps) {
  return (
    <header className="header">
      <h1 className="brand">
        <span className="brand-mark" aria-hidden="true" />
        Board
      </h1>
      <nav className="board-tabs" aria-label="Boards">
        {boards.map(({ id, name }) => (
          <button
            key={id}
            type="button"
            aria-current={id === boardId ? "page" : undefined}
            onClick={() => onBoard(id)}
          >
            {name}
          </button>
        ))}
      </nav>
      <ConnectionPill connection={connection} />
      <Viewers boardId={boardId} userId={userId} />
      <UserSwitcher userId={userId} />
      <ThemeToggle />
    </header>
  );
}
