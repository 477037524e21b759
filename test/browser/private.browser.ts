import { expect, it } from "vitest";
import { startWorld } from "./world.ts";

const world = startWorld();

it("a toast reaches only the one whose card it is", async () => {
  const { open } = world();
  const ada = await open("ada");
  const grace = await open("grace");
  const alan = await open("alan");
  await ada.assign("Price the team plan", "Grace");
  await grace.toast("Ada gave you “Price the team plan”").waitFor();

  // One that comes later and does arrive: nothing older is on its way to these two.
  await grace.assign("Write the launch post", "Alan");
  await grace.assign("Record a two-minute demo", "Ada");
  await alan.toast("Grace gave you “Write the launch post”").waitFor();
  await ada.toast("Grace gave you “Record a two-minute demo”").waitFor();
  expect(await grace.toasts.count()).toBe(1);
  expect(await alan.toasts.count()).toBe(1);
  expect(await ada.toasts.count()).toBe(1);
});

it("the panel shows which rows a publish asks for", async () => {
  const { open } = world();
  const ada = await open("ada");
  await open("grace");
  await ada.assign("Back-off when the network drops", "Grace");
  const marks = ada.panel.locator("mark");
  // The latest publish is shown of itself: the private one, which finds one row.
  await ada.panel.getByText("1 found").waitFor();
  expect(await marks.allTextContents()).toEqual(["name#user#ctx#userId#grace#"]);

  const toBoard = ada.panel.getByRole("button", { name: "a card changed" }).first();
  await toBoard.hover();
  await ada.panel.getByText("2 found").waitFor();
  const prefix = "name#board#input#boardId#launch#";
  expect(await marks.allTextContents()).toEqual([prefix, prefix]);
  expect(await toBoard.textContent()).toContain("matched 2");
  expect(await toBoard.textContent()).toContain("delivered 2");
});
