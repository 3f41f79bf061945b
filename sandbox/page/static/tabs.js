// A row of tabs, as the ARIA practices describe them: arrow keys move, unread ones are marked.
import { el } from "./dom.js";

export class Tabs {
  constructor(row, panel, onchange) {
    this.row = row;
    this.panel = panel;
    this.onchange = onchange;
    this.chosen = null;
    this.latest = new Map();
    row.addEventListener("keydown", (event) => this.#key(event));
  }

  // items: {id, title, latest}; `latest` names the newest thing inside.
  update(items) {
    this.chosen ??= items[0]?.id ?? null;
    if (this.row.children.length !== items.length) {
      this.row.replaceChildren(...items.map((item) => el("button", {
        type: "button", role: "tab", id: `tab-${item.id}`, "aria-controls": this.panel.id, onclick: () => this.choose(item.id),
      }, item.title)));
      for (const item of items) this.latest.set(item.id, item.latest);
    }
    for (const [index, item] of items.entries()) {
      const tab = this.row.children[index];
      const here = item.id === this.chosen;
      if (here) this.latest.set(item.id, item.latest);
      tab.setAttribute("aria-selected", String(here));
      tab.tabIndex = here ? 0 : -1;
      const unread = this.latest.get(item.id) !== item.latest;
      tab.classList.toggle("unread", unread);
      tab.setAttribute("aria-label", unread ? `${item.title}, something new` : item.title);
    }
    this.items = items;
  }

  choose(id) {
    if (this.chosen === id) return;
    this.chosen = id;
    this.update(this.items);
    this.onchange();
  }

  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.items.findIndex((item) => item.id === this.chosen);
    const next = (at + step + this.items.length) % this.items.length;
    this.choose(this.items[next].id);
    this.row.children[next].focus();
  }
}
