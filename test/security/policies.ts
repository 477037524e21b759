import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Policy } from "./iam.ts";

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]);

/** Strict: what the evaluator does not know must not pass unseen. */
const policySchema = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z
    .array(
      z
        .strictObject({
          Sid: z.string().optional(),
          Effect: z.enum(["Allow", "Deny"]),
          Action: texts,
          Resource: texts,
          Condition: z
            .strictObject({
              "ForAllValues:StringLike": z.strictObject({ "dynamodb:LeadingKeys": texts }),
            })
            .optional(),
        })
        .transform(({ Sid, Condition, ...statement }) => ({
          ...statement,
          ...(Sid !== undefined && { Sid }),
          ...(Condition !== undefined && { Condition }),
        })),
    )
    .min(1),
});

/** What SECURITY.md leaves open. */
const PLACEHOLDERS = [
  "REGION",
  "ACCOUNT",
  "TABLE",
  "API",
  "STAGE",
  "QUEUE",
  "NAMESPACE",
  "PREFIX",
  "CLIENT_PREFIX",
  "CHANNEL_NAMESPACE",
] as const;

/** Values of the placeholders. */
export type Names = Readonly<Partial<Record<(typeof PLACEHOLDERS)[number], string>>>;

/** SECURITY.md. */
export const page = readFileSync(join(import.meta.dirname, "../../SECURITY.md"), "utf8");

/** The JSON blocks of SECURITY.md by the heading above each, without backticks. */
export const policyTexts: ReadonlyMap<string, string> = blocksOf(page);

function blocksOf(markdown: string): ReadonlyMap<string, string> {
  const blocks = new Map<string, string>();
  let heading = "";
  for (const [, title, json] of markdown.matchAll(/^#{2,} (.+)$|^```json\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title.replaceAll("`", "");
    if (json === undefined) continue;
    if (blocks.has(heading)) throw new Error(`two policies under "${heading}"`);
    blocks.set(heading, json);
  }
  return blocks;
}

/**
 * The policy under a heading of SECURITY.md.
 *
 * @throws Error when it has a placeholder without a value, or anything that the evaluator does not know
 */
export function policyOf(heading: string, names: Names): Policy {
  const text = policyTexts.get(heading);
  if (text === undefined) throw new Error(`SECURITY.md has no policy under "${heading}"`);
  const placeholder = new RegExp(`\\b(${PLACEHOLDERS.join("|")})\\b`, "g");
  const filled = text.replaceAll(placeholder, (name) => {
    const value = names[name as keyof Names];
    if (value === undefined) throw new Error(`"${heading}" names ${name}, which is not known here`);
    return value;
  });
  return parsePolicy(JSON.parse(filled));
}

/**
 * A policy document with lists wherever IAM takes one text or several.
 *
 * @throws Error when it has anything that the evaluator does not know
 */
export function parsePolicy(document: unknown): Policy {
  return policySchema.parse(document);
}
