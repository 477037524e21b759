import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { buildPage } from "../../examples/board/local/page.ts";

const PAGE = fileURLToPath(new URL("../../reports/browser/page", import.meta.url));

declare module "vitest" {
  interface ProvidedContext {
    /** Folder with the page as Vite built it. */
    pageFolder: string;
  }
}

export async function setup(project: TestProject): Promise<void> {
  project.provide("pageFolder", await buildPage(PAGE));
}
