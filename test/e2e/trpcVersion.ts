import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** A minor version of tRPC, such as `11.22`. */
export type TrpcVersion = `11.${number}`;

/** Version of the `@trpc/server` and `@trpc/client` that are imported by name. */
export const pinnedVersion: TrpcVersion = versionOf("@trpc/client");

/** Version of those in `test/trpc-latest`; `npm run test:versions` puts the pinned ones there. */
export const newestVersion: TrpcVersion = versionOf("../trpc-latest/node_modules/@trpc/client");

/** Whether a version is older than another: `isBefore("11.0", "11.22")`. */
export function isBefore(version: TrpcVersion, than: TrpcVersion): boolean {
  return minorOf(version) < minorOf(than);
}

/** `11.22` of `11.22.1`. */
export function minorVersion(version: string): TrpcVersion {
  return `11.${minorOf(version)}`;
}

function versionOf(directory: string): TrpcVersion {
  const { version }: { readonly version: string } = load(`${directory}/package.json`);
  return minorVersion(version);
}

function minorOf(version: string): number {
  const [, minor] = /^11\.(\d+)/.exec(version) ?? [];
  if (minor === undefined) throw new Error(`${version} is no version of tRPC 11`);
  return Number(minor);
}
