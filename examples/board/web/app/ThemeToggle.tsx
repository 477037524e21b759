import { useEffect, useState } from "react";

type Theme = "light" | "dark";

const STORED = "board.theme";

function storedTheme(): Theme | undefined {
  const stored = localStorage.getItem(STORED);
  return stored === "light" || stored === "dark" ? stored : undefined;
}

const systemTheme = (): Theme =>
  matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";

/** Turns the system's colours around, and remembers it. */
export function ThemeToggle() {
  const [theme, setTheme] = useState(storedTheme);
  useEffect(() => {
    if (theme === undefined) return;
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(STORED, theme);
  }, [theme]);
  const isDark = (theme ?? systemTheme()) === "dark";
  return (
    <button
      type="button"
      className="icon-button"
      aria-pressed={isDark}
      aria-label="Dark colours"
      title={isDark ? "Use light colours" : "Use dark colours"}
      onClick={() => setTheme(isDark ? "light" : "dark")}
    >
      <span className="theme-icon" aria-hidden="true" />
    </button>
  );
}
