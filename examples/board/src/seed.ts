import type { Board, Lane } from "./board.ts";

type Line = readonly [lane: Lane, title: string, ownerId?: string];

const launch: readonly Line[] = [
  ["backlog", "Write the launch post", "hedy"],
  ["backlog", "Price the team plan"],
  ["backlog", "Record a two-minute demo", "alan"],
  ["doing", "Live cursors on shared documents", "ada"],
  ["doing", "Invite link that expires", "grace"],
  ["review", "Back-off when the network drops", "ada"],
  ["review", "Empty states for new teams"],
  ["done", "Private notifications", "grace"],
  ["done", "Presence without a heartbeat", "alan"],
];

const website: readonly Line[] = [
  ["backlog", "Dark illustrations", "hedy"],
  ["backlog", "Customer stories page"],
  ["doing", "Docs search", "grace"],
  ["done", "New type scale", "ada"],
];

function board(id: string, name: string, lines: readonly Line[]): Board {
  const prefix = id.slice(0, 3).toUpperCase();
  const cards = lines.map(([lane, title, ownerId], index) => ({
    id: `${prefix}-${index + 1}`,
    title,
    lane,
    rank: index,
    ownerId: ownerId ?? null,
    revision: 0,
  }));
  return { id, name, revision: 0, cards };
}

/** What every start of the demo begins with. */
export function seedBoards(): readonly Board[] {
  return [
    board("launch", "Launch", launch),
    board("website", "Website", website),
    board("research", "Research", []),
  ];
}
