import type { Locator, Page } from "playwright-core";

/** One user's tab with the board, in the words of a user. */
export class BoardPage {
  readonly page: Page;
  readonly connection: Locator;
  readonly toasts: Locator;
  readonly panel: Locator;

  constructor(page: Page) {
    this.page = page;
    this.connection = page.getByLabel("Connection", { exact: true });
    this.toasts = page.getByRole("region", { name: "Messages" }).getByRole("article");
    this.panel = page.getByRole("complementary", { name: "Under the hood" });
  }

  /** Resolves when the board is there and its socket is open. */
  async isLive(): Promise<void> {
    await this.shows("Live");
    await this.lane("Backlog").waitFor();
  }

  /** Resolves when the connection's state is the one given. */
  shows(state: "Live" | "Reconnecting…"): Promise<void> {
    return this.connection.filter({ hasText: state }).waitFor();
  }

  lane(name: string): Locator {
    return this.page.getByRole("region", { name, exact: true });
  }

  card(title: string, lane?: string): Locator {
    const within = lane === undefined ? this.page.getByRole("main") : this.lane(lane);
    return within.getByRole("article", { name: title, exact: true });
  }

  /** What a card is held by. */
  handle(title: string): Locator {
    return this.card(title).getByRole("button", { name: title });
  }

  /** Drags a card into a lane with the mouse. */
  async drag(title: string, lane: string): Promise<void> {
    const { mouse } = this.page;
    const from = await centerOf(this.handle(title));
    const to = await centerOf(this.lane(lane).getByRole("heading"));
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move(from.x + 8, from.y + 8);
    await this.isHeld(title);
    await mouse.move(to.x, to.y + 40, { steps: 4 });
    await this.isOver(lane);
    await mouse.up();
  }

  /** Resolves when a card is being dragged. */
  isHeld(title: string): Promise<void> {
    return this.page.locator(`[data-dragging="true"][aria-label="${title}"]`).waitFor();
  }

  /** Resolves when the card that is dragged would drop into a lane. */
  isOver(lane: string): Promise<void> {
    return this.lane(lane).locator('[data-over="true"]').waitFor();
  }

  /** Moves a card one lane on with the keyboard alone. */
  async moveOnByKeyboard(title: string, toLane: string): Promise<void> {
    const { keyboard } = this.page;
    await this.handle(title).focus();
    await keyboard.press("Space");
    await this.isHeld(title);
    await keyboard.press("ArrowRight");
    await this.isOver(toLane);
    await keyboard.press("Space");
  }

  /** Gives a card to somebody. */
  async assign(title: string, owner: string): Promise<void> {
    await this.page.getByLabel(`Owner of ${title}`).selectOption({ label: owner });
  }

  toast(text: string): Locator {
    return this.toasts.filter({ hasText: text });
  }
}

/** Where to point to for an element. */
export async function centerOf(
  locator: Locator,
): Promise<{ readonly x: number; readonly y: number }> {
  await locator.scrollIntoViewIfNeeded();
  const box = await locator.boundingBox();
  if (box === null) throw new Error(`${locator} cannot be seen`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
