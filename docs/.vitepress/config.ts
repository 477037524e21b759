import { readFileSync } from "node:fs";
import { slug } from "github-slugger";
import { type DefaultTheme, defineConfig } from "vitepress";
import { SITE_STYLE } from "../pictures/style.ts";
import { importName } from "../reference/reference.ts";
import { inlinePictures } from "./inlinePictures.ts";
import { repositoryLinks } from "./repositoryLinks.ts";

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

const subpathOf = (module: string): string =>
  module === "index" ? importName(module) : `./${module}`;

/** Written by the reference's generator beside its pages; its groups are the categories of the comments. */
function referenceSidebar(): DefaultTheme.SidebarItem[] {
  const text = readFileSync(new URL("../api/typedoc-sidebar.json", import.meta.url), "utf8");
  const modules = JSON.parse(text) as DefaultTheme.SidebarItem[];
  return modules
    .map(({ text: name = "", ...module }) => ({ ...module, text: subpathOf(name) }))
    .toSorted((a, b) => Number(a.text.startsWith(".")) - Number(b.text.startsWith(".")));
}

export default defineConfig({
  title: "trpc-aws-subscriptions",
  description:
    "tRPC v11 subscriptions on AWS Lambda, API Gateway WebSockets and one DynamoDB table.",
  lang: "en",
  cleanUrls: true,
  srcExclude: ["README.md"],
  head: [
    ["meta", { name: "theme-color", content: "#0f766e" }],
    ["link", { rel: "icon", href: "/icon.svg", type: "image/svg+xml" }],
    ["style", {}, SITE_STYLE],
  ],
  markdown: {
    // As GitHub makes them, so that one link works there and here.
    anchor: { slugify: (text) => slug(text) },
    config(markdown) {
      markdown.use(inlinePictures);
      markdown.use(repositoryLinks);
    },
  },
  themeConfig: {
    logo: "/icon.svg",
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      page("Start", "/start"),
      page("Guide", "/chain"),
      page("Operations", "/operations"),
      page("API", "/api/"),
    ].map(({ text = "", link = "" }) => ({ text, link })),
    sidebar: {
      "/api/": referenceSidebar(),
      "/": [
        {
          text: "Learn",
          items: [
            page("Ten-minute start", "/start"),
            page("The chain", "/chain"),
            page("Filters", "/filters"),
            page("Who may connect", "/auth"),
            page("Delivery and limits", "/delivery"),
            page("Which engine?", "/engines"),
            page("No message lost", "/history"),
            page("An outbox", "/outbox"),
            page("Testing", "/testing"),
          ],
        },
        {
          text: "Run",
          items: [
            page("Deploy", "/deploy"),
            page("Cost", "/cost"),
            page("Operations", "/operations"),
            page("Observability", "/observability"),
            page("Why did my message not arrive?", "/missing-messages"),
          ],
        },
        {
          text: "Move here",
          items: [
            page("From a tRPC WebSocket server", "/migrate-from-ws"),
            page("From GraphQL on Lambda", "/migrate-from-graphql"),
          ],
        },
        {
          text: "Design",
          items: [
            page("Architecture", "/architecture"),
            page("Protocol", "/protocol"),
            page("Security", "/security"),
            page("Reliability", "/reliability"),
            page("Benchmark", "/benchmark"),
            page("A million subscribers", "/simulation"),
          ],
        },
        page("API reference", "/api/"),
      ],
    },
  },
});
