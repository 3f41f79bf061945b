// The FreeScout column: the inbox, one conversation opened, and the switch that takes the help desk away.
import { Desk } from "./desk.js";
import { $, cleanedHtml, el, post, reconcile, showNotice, timeOf } from "./dom.js";
import { IncomingMail } from "./mail.js";
import { files, isFresh, quietly } from "./message.js";

const ENTRY = { customer: "", message: "reply", note: "internal note · never shown to customers", lineitem: "" };

export class FreeScout {
  constructor() {
    this.list = $("freescout-list");
    this.article = $("freescout-open");
    this.button = $("freescout-switch");
    this.button.addEventListener("click", () => this.#switch());
    this.mail = new IncomingMail($("freescout-mail"), $("mail-open"));
    this.desk = new Desk($("freescout-desk"));
    this.head = el("div", { class: "head" });
    this.entries = el("div");
    this.article.append(this.head, this.entries);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.number && (event.target === document.body || this.article.contains(event.target))) this.close();
    });
  }

  update(view) {
    this.view = view;
    const { up, count, conversations } = view;
    $("freescout-where").textContent = `${count} ${count === 1 ? "conversation" : "conversations"}`;
    $("freescout-down").hidden = up;
    this.button.disabled = false;
    this.button.textContent = up ? "Take FreeScout down" : "Bring FreeScout back";
    this.button.classList.toggle("primary", !up);
    const items = conversations.length ? conversations : [{ id: "nothing", nothing: "The inbox is empty." }];
    reconcile(this.list, items, (item) => this.#row(item));
    const open = conversations.find((each) => each.number === this.number);
    if (open && open.version + open.tags !== this.shown) this.#fetch();
  }

  // Opens a conversation by the number people see; false when there is none.
  open(number) {
    if (!this.view?.conversations.some((each) => each.number === number)) return false;
    this.number = number;
    this.shown = "";
    this.#fetch(true);
    return true;
  }

  // The same by FreeScout's own id, which its links carry.
  reveal(id) {
    const found = this.view?.conversations.find((each) => String(each.id) === id);
    return Boolean(found) && this.open(found.number);
  }

  close() {
    const number = this.number;
    this.number = null;
    this.article.hidden = true;
    this.desk.open(null, this.view.agents);
    this.list.hidden = $("freescout-bar").hidden = false;
    this.list.querySelector(`[data-number="${number}"]`)?.focus();
  }

  #row(item) {
    if (item.nothing) return el("p", { class: "empty" }, item.nothing);
    return el("button", { type: "button", class: `ticket${isFresh(`c-${item.id}`) ? " fresh" : ""}`, "data-number": item.number, onclick: () => this.open(item.number) },
      el("span", { class: "top" }, el("span", { class: "number" }, `#${item.number}`), el("span", { class: "subject" }, item.subject), timeOf(item.at)),
      el("span", { class: "by" }, `${item.customer} · ${item.threads_count} ${item.threads_count === 1 ? "entry" : "entries"}`),
      el("span", { class: "preview" }, item.preview), chips(item));
  }

  async #fetch(focus = false) {
    const number = this.number;
    let item;
    try {
      const response = await fetch(`api/freescout/${number}`);
      item = await response.json();
      if (!response.ok) throw new Error(item.error);
    } catch (error) {
      return showNotice(error.message);
    }
    if (this.number !== number) return;
    this.shown = item.version + item.tags;
    const atEnd = this.article.scrollHeight - this.article.scrollTop - this.article.clientHeight < 60;
    if (focus) quietly(() => this.#draw(item));
    else this.#draw(item);
    if (focus) this.article.focus({ preventScroll: true });
    if (focus || atEnd) this.article.scrollTop = this.article.scrollHeight;
  }

  #draw(item) {
    reconcile(this.head, [{ ...item, threads: null, id: "head" }], () => el("div", {},
      el("div", { class: "row" }, el("button", { type: "button", class: "bare", "data-act": "back", onclick: () => this.close() }, "← Inbox"), el("span", { class: "fill" }), ...this.desk.acts(item)),
      el("h3", {}, el("span", { class: "number" }, `#${item.number} `), item.subject), chips(item, item.customer)));
    reconcile(this.entries, item.threads, (entry) => this.#entry(entry));
    this.article.setAttribute("aria-label", `Conversation #${item.number}`);
    this.article.hidden = false;
    this.list.hidden = $("freescout-bar").hidden = true;
    this.mail.show(false);
    this.desk.open(item, this.view.agents);
  }

  #entry(entry) {
    const fresh = isFresh(`f-${entry.id}`) ? " fresh" : "";
    if (entry.type === "lineitem") return el("p", { class: `entry lineitem${fresh}` }, `${entry.author || "FreeScout"}: ${entry.action} `, timeOf(entry.at));
    const mark = entry.draft ? "draft · not sent" : ENTRY[entry.type];
    return el("div", { class: `entry ${entry.type === "message" ? "reply" : entry.type}${entry.draft ? " draft" : ""}${fresh}` },
      el("div", { class: "byline" }, el("b", {}, entry.author), mark && el("span", { class: "mark" }, mark), timeOf(entry.at), el("span", { class: "fill" }), ...this.desk.entryActs(entry)),
      cleanedHtml(entry.html), files(entry.files));
  }

  async #switch() {
    this.button.disabled = true;
    try {
      await post("api/freescout/availability", { up: !this.view.up });
      showNotice("");
    } catch (error) {
      showNotice(error.message);
      this.button.disabled = false;
    }
  }
}

function chips(item, customer = "") {
  return el("span", { class: "chips" }, customer && el("span", {}, customer), el("span", { class: `chip state ${item.status}` }, item.status),
    item.assignee && el("span", { class: "chip" }, `assigned to ${item.assignee}`),
    ...item.tags.map((tag) => el("span", { class: `chip tag ${tag}` }, tag)),
    ...item.fields.map((field) => el("span", { class: "chip" }, `${field.name}: ${field.value}`)),
    el("span", {}, item.type));
}
