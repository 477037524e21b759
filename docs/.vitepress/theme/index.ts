import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import { h } from "vue";
import addressing from "../../pictures/addressing.svg?raw";
import { withoutStyle } from "../../pictures/style.ts";
import CostCalculator from "./cost-calculator.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, {
      "home-hero-image": () =>
        h("div", { class: "hero-picture", innerHTML: withoutStyle(addressing) }),
    }),
  enhanceApp({ app }) {
    app.component("CostCalculator", CostCalculator);
  },
} satisfies Theme;
