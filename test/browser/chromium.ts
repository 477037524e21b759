import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Goes with the packages: a newer one unpacks its own. */
const UNPACKED = fileURLToPath(new URL("../../node_modules/.cache/chromium", import.meta.url));

/** Libraries that a Linux without a desktop may lack; the package brings them for Lambda. */
const NSS = [
  "/usr/lib/x86_64-linux-gnu/libnss3.so",
  "/usr/lib64/libnss3.so",
  "/usr/lib/libnss3.so",
];

const HINT =
  "Set CHROMIUM_PATH (or PLAYWRIGHT_CHROMIUM) to a Chromium of yours, for example /usr/bin/chromium.";

/** There is no browser to test in; the message says what to do. */
export class NoBrowserError extends Error {
  override readonly name = "NoBrowserError";

  constructor(reason: string) {
    super(`${reason}. ${HINT}`);
  }
}

/**
 * Path of a Chromium that starts: the one of the environment, else that of `@sparticuz/chromium`.
 *
 * @throws {@link NoBrowserError} when there is none
 */
export async function findChromium(): Promise<string> {
  const path = process.env["CHROMIUM_PATH"] || process.env["PLAYWRIGHT_CHROMIUM"];
  const found = path || (await unpackChromium());
  if (!existsSync(found)) throw new NoBrowserError(`There is no ${found}`);
  try {
    const browser = await launchChromium(found);
    await browser.close();
  } catch (error) {
    const [line] = String(error).split("\n");
    throw new NoBrowserError(`${found} does not start (${line})`);
  }
  return found;
}

async function unpackChromium(): Promise<string> {
  const { platform, arch, env } = process;
  if (platform !== "linux" || arch !== "x64") {
    const here = `this is ${platform} on ${arch}`;
    throw new NoBrowserError(`The Chromium of @sparticuz/chromium is for Linux on x64, ${here}`);
  }
  mkdirSync(UNPACKED, { recursive: true });
  // It unpacks beside other people's files by default, and takes what it finds there.
  env["TMPDIR"] = UNPACKED;
  if (!NSS.some((library) => existsSync(library))) env["AWS_EXECUTION_ENV"] ??= "nodejs20.x";
  const { default: unpacked } = await import("@sparticuz/chromium");
  return await unpacked.executablePath();
}

/** Starts a browser with an empty profile. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}
