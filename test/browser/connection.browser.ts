import { expect, it } from "vitest";
import { deferred } from "../e2e/deferred.ts";
import type { BoardPage } from "./boardPage.ts";
import { keep } from "./screenshots.ts";
import { seriousFindings, startWorld } from "./world.ts";

/** What `$connect` waits for. */
let gate: Promise<void> | undefined;

const world = startWorld({
  delay: (event) => (event.requestContext.routeKey === "$connect" ? gate : undefined),
});

/** Opens a board and tells which connection it has. */
async function openWithId(user: string): Promise<{ tab: BoardPage; connectionId: string }> {
  const { board, open } = world();
  const before = new Set(board.gateway.connectionIds());
  const tab = await open(user);
  const [connectionId = ""] = board.gateway.connectionIds().filter((id) => !before.has(id));
  return { tab, connectionId };
}

it("a tab whose socket is cut says so, and catches up with what it missed", async () => {
  const { board, open } = world();
  const ada = await open("ada");
  const { tab: grace, connectionId } = await openWithId("grace");
  const reconnects = deferred();
  gate = reconnects.promise;
  await board.gateway.dropConnection(connectionId);
  await grace.shows("Reconnecting…");
  await grace.page.getByText("What others do shows up once you are back.").waitFor();
  await keep(grace, "reconnecting");

  await ada.drag("Write the launch post", "Done");
  await ada.card("Write the launch post", "Done").waitFor();
  expect(await grace.card("Write the launch post", "Backlog").count(), "missed").toBe(1);

  gate = undefined;
  reconnects.resolve();
  await grace.isLive();
  await grace.card("Write the launch post", "Done").waitFor();
  await ada.drag("Write the launch post", "Review");
  await grace.card("Write the launch post", "Review").waitFor();
});

it("a socket can be cut in the panel", async () => {
  const { board } = world();
  const { tab: grace, connectionId } = await openWithId("grace");
  const back = deferred();
  gate = back.promise;
  await grace.panel.getByRole("button", { name: "Cut the socket of Grace" }).click();
  await grace.shows("Reconnecting…");
  gate = undefined;
  back.resolve();
  await grace.isLive();
  expect(board.gateway.connectionIds()).not.toContain(connectionId);
});

it("nobody comes in as a user whom there is not", async () => {
  const { board, open } = world();
  const before = board.gateway.connectionIds();
  const mallory = await open("mallory", { awaitLive: false });
  const { page } = mallory;
  await page.getByText("There is no user “mallory”").waitFor();
  await keep(mallory, "unknown-user");
  expect(await seriousFindings(mallory)).toEqual([]);
  expect(board.gateway.connectionIds().filter((id) => !before.includes(id))).toEqual([]);
  expect(await page.getByRole("article").count()).toBe(0);
  await page.getByRole("link", { name: "Hedy" }).click();
  await mallory.isLive();
});

// Last: it ends the gateway.
it("without a gateway the board still saves, and says that it hears nobody", async () => {
  const { board, open } = world();
  const ada = await open("ada");
  await board.gateway.stop();
  await ada.shows("Reconnecting…");
  const saved = ada.page.waitForResponse((response) => response.url().includes("card.move"));
  await ada.drag("Private notifications", "Review");
  expect((await saved).status()).toBe(200);
  const grace = await open("grace", { awaitLive: false });
  await grace.shows("Reconnecting…");
  await grace.card("Private notifications", "Review").waitFor();
});
