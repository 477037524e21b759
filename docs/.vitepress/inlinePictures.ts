import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { MarkdownRenderer } from "vitepress";
import { withoutStyle } from "../pictures/style.ts";

const PICTURES = /^(?:\.\/)?pictures\/[\w-]+\.svg$/;

/**
 * Puts the pictures of keys into the page itself, without their own style, so that they follow the site's switch
 * between light and dark. Every other image is left alone.
 */
export function inlinePictures(markdown: MarkdownRenderer): void {
  const renderImage = markdown.renderer.rules.image;
  markdown.renderer.rules.image = (tokens, index, ...rest) => {
    const source = tokens[index]?.attrGet("src") ?? "";
    if (!PICTURES.test(source)) return renderImage?.(tokens, index, ...rest) ?? "";
    const file = fileURLToPath(new URL(`../${source}`, import.meta.url));
    return withoutStyle(readFileSync(file, "utf8")).replace("<svg ", "<svg v-pre ");
  };
}
