import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: [
      {
        find: "trpc-aws-subscriptions/client",
        replacement: new URL("../../../src/client/index.ts", import.meta.url).pathname,
      },
    ],
  },
  // All of it is needed at once.
  build: { target: "es2023", emptyOutDir: true, chunkSizeWarningLimit: 1_000 },
});
