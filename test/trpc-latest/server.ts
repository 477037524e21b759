/** From this folder the name means the package beside it, not the one at the root. */
export * from "@trpc/server";
