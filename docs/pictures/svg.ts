import type { Segment } from "./segments.ts";
import { FILE_STYLE } from "./style.ts";

/** Narrow, so that a phone shows the text at three quarters of its size. */
export const WIDTH = 480;
/** Of a monospaced font, by its size. */
const CHARACTER = 0.6;
const KEY_SIZE = 12;
const PADDING = 5;
const GAP = 4;
const CHIP_HEIGHT = 24;
const LABEL_HEIGHT = 16;

/** A part of a picture with the height it takes. */
export interface Drawn {
  readonly svg: string;
  readonly height: number;
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** Text of a key. Its width is fixed, whatever the reader's font is. */
export function code(text: string, at: { x: number; y: number; size?: number }): Drawn {
  const { x, y, size = KEY_SIZE } = at;
  const width = rounded(text.length * size * CHARACTER);
  return {
    svg: `<text class="key-text" x="${rounded(x)}" y="${rounded(y)}" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="${size}" textLength="${width}" lengthAdjust="spacingAndGlyphs">${escapeXml(text)}</text>`,
    height: size,
  };
}

/** A line of words. */
export function words(
  text: string,
  at: { x: number; y: number; anchor?: string; isFaint?: boolean; isBold?: boolean },
): string {
  const { x, y, anchor = "start", isFaint = false, isBold = false } = at;
  const weight = isBold ? ' font-weight="600"' : "";
  return `<text class="key-${isFaint ? "faint" : "text"}" x="${rounded(x)}" y="${rounded(y)}" text-anchor="${anchor}" font-family="system-ui,sans-serif" font-size="12"${weight}>${escapeXml(text)}</text>`;
}

/** The parts of a key as coloured chips, with what each stands for below it. */
export function chips(
  segments: readonly Segment[],
  top: number,
  label: (segment: Segment) => string | undefined,
): Drawn {
  const hasLabels = segments.some((segment) => label(segment) !== undefined);
  const row = CHIP_HEIGHT + (hasLabels ? LABEL_HEIGHT : 0) + GAP;
  let x = 0;
  let y = top;
  const parts = segments.map((segment) => {
    const width = segment.text.length * KEY_SIZE * CHARACTER + 2 * PADDING;
    if (x > 0 && x + width > WIDTH) {
      x = 0;
      y += row;
    }
    const left = x;
    x += width + GAP;
    const below = label(segment);
    return [
      `<rect class="key-${segment.role}" x="${rounded(left)}" y="${rounded(y)}" width="${rounded(width)}" height="${CHIP_HEIGHT}" rx="4"/>`,
      code(segment.text, { x: left + PADDING, y: y + 16 }).svg,
      below === undefined
        ? ""
        : words(below, { x: left + PADDING, y: y + CHIP_HEIGHT + 12, isFaint: true }),
    ].join("");
  });
  return { svg: parts.join("\n"), height: y + row - top };
}

/** Puts a picture together. */
export function picture(options: {
  readonly title: string;
  readonly description: string;
  readonly height: number;
  readonly parts: readonly string[];
}): string {
  const { title, description, height, parts } = options;
  return [
    `<svg class="key-picture" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${Math.ceil(height)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    `<style>${FILE_STYLE}</style>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}
