// The strip at the top: what the bot's GET /readyz says, and the switch for the bot itself.
import { $, el, post, reconcile, showNotice } from "./dom.js";

const GOOD = new Set(["ok", "up", "connected", "ready", "running", "healthy", "joined"]);
const WAITING = new Set(["starting", "connecting", "unverified", "waiting", "degraded", "reconnecting", "unknown", ""]);

const NAMES = { discord: "Discord", matrix: "Matrix", freescout: "FreeScout", store: "Store" };

export class Status {
  constructor() {
    this.button = $("bot-switch");
    this.button.addEventListener("click", () => this.#switch());
  }

  update(status) {
    this.running = status.running;
    const bot = { id: "bot", name: "Bot", state: !status.running ? "not running" : status.ready ? "ready" : status.reachable ? "not ready" : "starting" };
    const tone = !status.running ? "bad" : status.ready ? "good" : "warn";
    const parts = status.parts.map((part) => ({ id: part.name, name: NAMES[part.name] ?? part.name, state: part.state, title: title(part), tone: toneOf(part.state) }));
    reconcile($("status"), [{ ...bot, tone }, ...parts], (item) =>
      el("li", { title: item.title }, el("span", { class: `dot ${item.tone}`, "aria-hidden": "true" }), el("b", {}, item.name), item.state));
    this.button.disabled = false;
    this.button.textContent = status.running ? "Kill the bot" : "Start the bot";
    this.button.title = status.running ? "kill -9: it gets no chance to tidy up" : "It picks up what it missed";
    this.button.classList.toggle("primary", !status.running);
  }

  async #switch() {
    this.button.disabled = true;
    try {
      await post("api/bot", { action: this.running ? "kill" : "start" });
      showNotice("");
    } catch (error) {
      showNotice(error.message);
      this.button.disabled = false;
    }
  }
}

const toneOf = (state) => (GOOD.has(state) ? "good" : WAITING.has(state) ? "warn" : "bad");

function title(part) {
  const since = part.since && `since ${new Date(part.since).toLocaleTimeString()}`;
  return [part.detail, since].filter(Boolean).join(", ");
}
