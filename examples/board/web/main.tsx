import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/header.css";
import "./styles/board.css";
import "./styles/cards.css";
import "./styles/panel.css";
import "./styles/toasts.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { PageConfig } from "../local/server.ts";
import { App } from "./app/App.tsx";
import { createClients } from "./app/clients.ts";
import { addressedUserId } from "./app/userAddress.ts";

const root = document.querySelector("#root");
if (root === null) throw new Error("index.html has no #root");
const config: PageConfig = await fetch("/config.json").then((response) => response.json());
const userId = addressedUserId();

createRoot(root).render(
  <StrictMode>
    <App clients={createClients(config, userId)} userId={userId} />
  </StrictMode>,
);
