import { createHash } from "node:crypto";

/** The subscribers that one publish addresses. */
export interface Audience {
  /** Values of the filter, as long as a UUID. */
  readonly userId: string;
  readonly name: string;
  readonly connectionIds: readonly string[];
}

/** Makes up an audience; the same label gives the same one. */
export function audienceOf(label: string, size: number): Audience {
  return {
    userId: uuidOf(`${label}/user`),
    name: uuidOf(`${label}/name`),
    connectionIds: Array.from({ length: size }, (_, index) => connectionIdOf(`${label}/${index}`)),
  };
}

function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** 15 characters and `=`, as API Gateway makes them. */
function connectionIdOf(text: string): string {
  return `${createHash("sha256").update(text).digest("base64url").slice(0, 15)}=`;
}
