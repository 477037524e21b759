import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, inject, onTestFinished } from "vitest";
import {
  type RunningBoard,
  type StartOptions,
  startBoard,
} from "../../examples/board/local/start.ts";
import { BoardPage } from "./boardPage.ts";
import { launchChromium } from "./chromium.ts";

export interface OpenOptions extends BrowserContextOptions {
  /** Waits until the board is live. @defaultValue true */
  readonly awaitLive?: boolean;
}

/** A browser, and a board that is served to it. */
export interface World {
  readonly board: RunningBoard;
  /** Opens the board as a user, in a profile of its own. */
  open(user: string, options?: OpenOptions): Promise<BoardPage>;
}

/** Starts a board and a browser for the tests of a file. */
export function startWorld(faults: StartOptions["faults"] = {}): () => World {
  let world: World | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    const started = launchChromium(process.env["CHROMIUM_PATH"] ?? "");
    const board = await serve(faults);
    browser = await started;
    world = { board, open: (user, options) => open({ browser: started, board }, user, options) };
  });
  afterAll(async () => {
    await browser?.close();
    await world?.board.stop();
  });
  return () => {
    if (world === undefined) throw new Error("used before the tests began");
    return world;
  };
}

function serve(faults: NonNullable<StartOptions["faults"]>): Promise<RunningBoard> {
  return startBoard({
    port: 0,
    pageFolder: inject("pageFolder"),
    faults,
    // A gateway that a test has closed refuses posts; what matters is what the page shows.
    onError: () => undefined,
  });
}

async function open(
  { browser, board }: { readonly browser: Promise<Browser>; readonly board: RunningBoard },
  user: string,
  { awaitLive = true, ...options }: OpenOptions = {},
): Promise<BoardPage> {
  const context = await (await browser).newContext({
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(30_000);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`${board.url}/?user=${user}`);
  const boardPage = new BoardPage(page);
  if (awaitLive) await boardPage.isLive();
  return boardPage;
}

/** Serious findings of an accessibility check, each with where it is. */
export async function seriousFindings({ page }: BoardPage): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page })
    .options({ resultTypes: ["violations"] })
    .analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
