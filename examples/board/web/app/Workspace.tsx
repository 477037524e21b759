import { useQuery } from "@tanstack/react-query";
import type { TRPCWebSocketClient } from "@trpc/client";
import { useState } from "react";
import { BoardView } from "../board/BoardView.tsx";
import { Panel } from "../panel/Panel.tsx";
import { Toasts } from "../toasts/Toasts.tsx";
import { useNotifications } from "../toasts/useNotifications.ts";
import { Header } from "./Header.tsx";
import { useTRPC } from "./trpc.ts";
import { useConnection } from "./useConnection.ts";
import { type View, ViewSwitch } from "./ViewSwitch.tsx";

interface WorkspaceProps {
  readonly userId: string;
  readonly webSocket: TRPCWebSocketClient;
}

/** The page of somebody who is signed in: header, board, and the panel that shows how it works. */
export function Workspace({ userId, webSocket }: WorkspaceProps) {
  const trpc = useTRPC();
  const [boardId, setBoardId] = useState("launch");
  const [view, setView] = useState<View>("board");
  const boards = useQuery(trpc.board.list.queryOptions());
  const connection = useConnection(webSocket);
  useNotifications();
  return (
    <div className="workspace" data-view={view}>
      <Header
        userId={userId}
        boardId={boardId}
        boards={boards.data ?? []}
        connection={connection}
        onBoard={(id) => {
          setBoardId(id);
          setView("board");
        }}
      />
      <ViewSwitch view={view} onView={setView} />
      <BoardView key={boardId} boardId={boardId} connection={connection} />
      <Panel />
      <Toasts />
    </div>
  );
}
