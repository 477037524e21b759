import { fileURLToPath } from "node:url";
import type { BoardPage } from "./boardPage.ts";

const SCREENSHOTS = fileURLToPath(new URL("../../reports/browser", import.meta.url));

/** Keeps a picture, for whoever wants to look. */
export async function keep({ page }: BoardPage, name: string): Promise<void> {
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, animations: "disabled" });
}
