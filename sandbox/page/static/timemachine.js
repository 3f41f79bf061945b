// The row that shows the time in the sandbox and lets it pass, and the way to the bot's board.
import { now, setAhead, stampText, timeText } from "./clock.js";
import { $, post, showNotice } from "./dom.js";

const TICK_MS = 1000;

export class TimeMachine {
  constructor() {
    this.buttons = [...$("time-skips").querySelectorAll("button")];
    for (const button of this.buttons) button.addEventListener("click", () => this.#skip(button));
    setInterval(() => this.#show(), TICK_MS);
  }

  update(time) {
    setAhead(time.ahead);
    $("time-ahead").textContent = time.ahead ? `${spanOf(time.ahead)} ahead of the real time, which Matrix keeps` : "the real time";
    $("board-link").href = time.board;
    this.#show();
    $("time").hidden = false;
  }

  #show() {
    const moment = new Date(now());
    const shown = moment.toLocaleString([], { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    if ($("time-now").textContent !== shown) $("time-now").textContent = shown;
    $("time-now").dateTime = moment.toISOString();
    for (const node of document.querySelectorAll("main time.stamp[data-style='R']")) {
      const text = stampText(new Date(node.dateTime), "R");
      if (node.textContent !== text) node.textContent = text;
    }
    if (this.day === moment.toDateString()) return;
    this.day = moment.toDateString();
    // What was said today was said yesterday now.
    for (const node of document.querySelectorAll("main time:not(.stamp)")) node.textContent = timeText(new Date(node.dateTime));
  }

  async #skip(button) {
    for (const each of this.buttons) each.disabled = true;
    try {
      await post("api/time", { skip: button.dataset.skip });
      showNotice("");
    } catch (error) {
      showNotice(error.message);
    } finally {
      for (const each of this.buttons) each.disabled = false;
      button.focus();
    }
  }
}

function spanOf(seconds) {
  const hours = Math.round(seconds / 3600);
  const days = Math.floor(hours / 24);
  return [days && `${days} ${days === 1 ? "day" : "days"}`, hours % 24 && `${hours % 24} h`].filter(Boolean).join(" ");
}
