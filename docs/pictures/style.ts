/** Colours by what is drawn: text and lines, then the parts of a key. */
const LIGHT = {
  text: "#1f2933",
  faint: "#5b6770",
  path: "#e3e8ee",
  filter: "#e7defc",
  ctx: "#cdeee6",
  input: "#fde6c0",
  connection: "#e3e8ee",
  subscription: "#e3e8ee",
  time: "#e3e8ee",
  yes: "#0f766e",
  no: "#b6c0c9",
};

const DARK: typeof LIGHT = {
  text: "#e6eaee",
  faint: "#9aa7b3",
  path: "#37404a",
  filter: "#473572",
  ctx: "#14544b",
  input: "#674a14",
  connection: "#37404a",
  subscription: "#37404a",
  time: "#37404a",
  yes: "#2dd4bf",
  no: "#55616d",
};

const variables = (palette: typeof LIGHT): string =>
  Object.entries(palette)
    .map(([name, value]) => `--key-${name}:${value}`)
    .join(";");

const RULES: string = Object.keys(LIGHT)
  .map((name) => `.key-${name}{fill:var(--key-${name})}`)
  .join("");

/** As a file the picture follows the reader's system, as most sites that show it do. */
export const FILE_STYLE: string = `.key-picture{${variables(LIGHT)}}@media(prefers-color-scheme:dark){.key-picture{${variables(DARK)}}}${RULES}`;

/** On our site it follows the switch of the site. */
export const SITE_STYLE: string = `.key-picture{${variables(LIGHT)}}.dark .key-picture{${variables(DARK)}}${RULES}`;

/** A picture for a page that brings {@link SITE_STYLE}. */
export function withoutStyle(svg: string): string {
  return svg.replace(/<style>.*?<\/style>\n/s, "").trim();
}
