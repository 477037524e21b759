import type { Change } from "./board.ts";

/** What everybody who looks at a board is told. */
export type BoardEvent =
  | { readonly type: "changed"; readonly change: Change; readonly byId: string }
  /** Somebody came or went. Whoever cares counts again: two counts could arrive in the wrong order. */
  | { readonly type: "viewers" };

/** What one user is told, and nobody else. */
export interface Notification {
  readonly id: string;
  readonly text: string;
  readonly boardId: string;
  readonly cardId: string;
}

/** What the router tells subscribers, without knowing how. */
export interface Notifier {
  tellBoard(boardId: string, event: BoardEvent): Promise<void>;
  tellUser(userId: string, notification: Notification): Promise<void>;
  /** Number of tabs that show a board, by the ids of those users who have one. */
  countViewers(boardId: string): Promise<Readonly<Record<string, number>>>;
}
