import { expect, it } from "vitest";
import { deferred } from "../e2e/deferred.ts";
import { centerOf } from "./boardPage.ts";
import { startWorld } from "./world.ts";

const world = startWorld();

it("a card that one user drags moves in the other's tab", async () => {
  const { open } = world();
  const ada = await open("ada");
  const grace = await open("grace");
  await ada.drag("Write the launch post", "Review");
  await grace.card("Write the launch post", "Review").waitFor();
  expect(await grace.card("Write the launch post").count()).toBe(1);
  await ada.card("Write the launch post", "Review").waitFor();
});

it("a card moves by keyboard alone, and keeps the focus", async () => {
  const { open } = world();
  const ada = await open("ada");
  const grace = await open("grace");
  await ada.moveOnByKeyboard("Price the team plan", "Doing");
  await grace.card("Price the team plan", "Doing").waitFor();
  await ada.card("Price the team plan", "Doing").locator(":focus").waitFor();
});

it("a card moves by touch, on a phone", async () => {
  const { open } = world();
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const ada = await open("ada", phone);
  const grace = await open("grace");
  const { page } = ada;
  const session = await page.context().newCDPSession(page);
  const touch = (type: string, points: readonly object[]): Promise<unknown> =>
    session.send("Input.dispatchTouchEvent" as never, { type, touchPoints: points } as never);
  const from = await centerOf(ada.handle("Record a two-minute demo"));
  const to = await centerOf(ada.handle("Invite link that expires"));
  await touch("touchStart", [from]);
  await ada.isHeld("Record a two-minute demo");
  await touch("touchMove", [{ x: to.x, y: (from.y + to.y) / 2 }]);
  await touch("touchMove", [to]);
  await ada.isOver("Doing");
  await touch("touchEnd", []);
  await grace.card("Record a two-minute demo", "Doing").waitFor();
});

it("two users move one card: the second is told, and both see the first one's move", async () => {
  const { open } = world();
  const ada = await open("ada");
  const grace = await open("grace");
  const arrived = deferred();
  const release = deferred();
  await grace.page.route("**/trpc/card.move*", async (route) => {
    arrived.resolve();
    await release.promise;
    await route.continue();
  });
  await grace.drag("Private notifications", "Review");
  await arrived.promise;
  await ada.drag("Private notifications", "Backlog");
  await ada.card("Private notifications", "Backlog").waitFor();
  expect(await grace.card("Private notifications", "Review").count(), "hers, until it fails").toBe(
    1,
  );
  release.resolve();
  await grace.toast("Ada changed “Private notifications” first.").waitFor();
  await grace.card("Private notifications", "Backlog").waitFor();
});

it("a move that does not reach the server is put back", async () => {
  const ada = await world().open("ada");
  await ada.page.route("**/trpc/card.move*", (route) => route.abort());
  await ada.drag("Presence without a heartbeat", "Backlog");
  await ada.toast("Put back").waitFor();
  await ada.card("Presence without a heartbeat", "Done").waitFor();
});

it("a card that is added to an empty board appears in the other's tab", async () => {
  const { open } = world();
  const ada = await open("ada");
  const grace = await open("grace");
  for (const { page } of [ada, grace]) {
    await page.getByRole("button", { name: "Research", exact: true }).click();
    await page.getByText("Nothing here").nth(3).waitFor();
  }
  const title = ada.page.getByLabel("New card in Doing");
  await title.fill("Read the paper");
  await title.press("Enter");
  await grace.card("Read the paper", "Doing").waitFor();
});
