import { useState } from "react";
import type { PublishRecord } from "../../local/inspector.ts";
import { ConnectionList } from "./ConnectionList.tsx";
import { PublishList } from "./PublishList.tsx";
import { RouteRows } from "./RouteRows.tsx";
import { useSnapshot } from "./useSnapshot.ts";

/** What happens beneath: sockets, publishes, and the rows that publishes find them by. */
export function Panel() {
  const snapshot = useSnapshot();
  const [pointedId, setPointedId] = useState<number>();
  const [pinnedId, setPinnedId] = useState<number>();
  const publishes = snapshot?.publishes ?? [];
  const find = (id: number | undefined): PublishRecord | undefined =>
    publishes.find((publish) => publish.id === id);
  const selected = find(pointedId) ?? find(pinnedId) ?? publishes[0];
  return (
    <aside className="panel" aria-label="Under the hood">
      <header className="panel-head">
        <h2>Under the hood</h2>
        <p>One table, live. Choose a publish to see the rows it asks for.</p>
      </header>
      {snapshot === undefined ? (
        <output className="panel-empty">Looking into the table…</output>
      ) : (
        <>
          <PublishList
            publishes={publishes}
            selectedId={selected?.id}
            pinnedId={pinnedId}
            onPoint={setPointedId}
            onPin={setPinnedId}
          />
          <RouteRows snapshot={snapshot} prefixes={selected?.prefixes ?? []} />
          <ConnectionList snapshot={snapshot} />
        </>
      )}
    </aside>
  );
}
