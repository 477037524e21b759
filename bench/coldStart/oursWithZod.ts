/** The same with the schema library most users have, to tell its size apart. */
import { z } from "zod";

export * from "./ours.ts";

export const input = z.object({ name: z.string() });
