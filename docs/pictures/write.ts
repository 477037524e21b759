/** Entry of `npm run docs:pictures`: draws the keys anew. */
import { writeFileSync } from "node:fs";
import { PICTURES } from "./pictures.ts";

for (const [file, svg] of PICTURES) writeFileSync(new URL(file, import.meta.url), svg);
