import { expect, it } from "vitest";
import { deferred } from "../e2e/deferred.ts";
import type { BoardPage } from "./boardPage.ts";
import { keep } from "./screenshots.ts";
import { seriousFindings, startWorld } from "./world.ts";

const world = startWorld();

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** A value of the page, by an expression in it. */
const read = ({ page }: BoardPage, expression: string): Promise<unknown> =>
  page.evaluate(expression);

const background = "getComputedStyle(document.body).backgroundColor";

const looks = [
  { colorScheme: "light", card: "Write the launch post" },
  { colorScheme: "dark", card: "Price the team plan" },
] as const;

it.each(looks)(
  "a wide window in $colorScheme has no serious finding",
  async ({ colorScheme, card }) => {
    const { open } = world();
    const grace = await open("grace", { colorScheme });
    const ada = await open("ada", { colorScheme });
    await grace.assign(card, "Ada");
    await ada.toast(card).waitFor();
    await ada.panel.getByText("1 found").waitFor();
    await keep(ada, `wide-${colorScheme}`);
    expect(await seriousFindings(ada)).toEqual([]);
  },
);

it.each(looks)(
  "a phone in $colorScheme has no serious finding, and nothing beside it",
  async (look) => {
    const { colorScheme } = look;
    const hedy = await world().open("hedy", { ...phone, colorScheme });
    await keep(hedy, `phone-${colorScheme}`);
    expect(await seriousFindings(hedy)).toEqual([]);
    await hedy.page.getByRole("button", { name: "Under the hood" }).click();
    await hedy.panel.getByRole("heading", { name: /^Rows/ }).waitFor();
    expect(await hedy.lane("Backlog").isVisible()).toBe(false);
    await keep(hedy, `phone-panel-${colorScheme}`);
    expect(await seriousFindings(hedy)).toEqual([]);
    expect(await read(hedy, "document.documentElement.scrollWidth")).toBe(390);
  },
);

it("the toggle turns the system's colours around, and is remembered", async () => {
  const ada = await world().open("ada", { colorScheme: "light" });
  const light = await read(ada, background);
  await ada.page.getByRole("button", { name: "Dark colours", pressed: false }).click();
  await ada.page.getByRole("button", { name: "Dark colours", pressed: true }).waitFor();
  const dark = await read(ada, background);
  expect(dark).not.toBe(light);
  await ada.page.reload();
  await ada.isLive();
  expect(await read(ada, background)).toBe(dark);
});

it("whoever wants no motion gets none", async () => {
  const { open } = world();
  const ada = await open("ada", { reducedMotion: "reduce" });
  const grace = await open("grace", { reducedMotion: "reduce" });
  await ada.drag("Presence without a heartbeat", "Doing");
  await grace.card("Presence without a heartbeat", "Doing").waitFor();
  const longest =
    "Math.max(0, ...document.getAnimations().map((a) => a.effect.getTiming().duration))";
  expect(await read(grace, longest)).toBeLessThanOrEqual(1);
});

it("shows where the cards will be until they are there, and what to do when they do not come", async () => {
  const answer = deferred<boolean>();
  const ada = await world().open("ada", { awaitLive: false });
  await ada.page.route("**/trpc/*board.get*", async (route) => {
    if (await answer.promise) await route.continue();
    else await route.abort();
  });
  await ada.page.reload();
  await ada.page.getByLabel("Loading the board").waitFor();
  await keep(ada, "loading");
  answer.resolve(false);
  await ada.page.getByText("The board could not be loaded").waitFor();
  await keep(ada, "not-loaded");
  expect(await seriousFindings(ada)).toEqual([]);
});
